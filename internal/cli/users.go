// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/duration"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/authz"
	"github.com/usher-operator/usher/internal/cli/people"
	"github.com/usher-operator/usher/internal/effective"
)

type usersCommand struct {
	*tool
	output                      *output
	filter                      people.Filter
	roles, states               []string
	inactiveSince, pendingSince string
	all                         bool
}

func newUsers(t *tool) *cobra.Command {
	c := &usersCommand{tool: t}
	cmd := &cobra.Command{
		Use:     "users [TEXT]",
		Short:   "List and search users",
		GroupID: groupFind,
		Long: "List the users of the organization. TEXT is searched in names and addresses, without regard to case and accents; of " +
			"several words, each must be found. Of one filter, any value must match; of several filters, each.",
		Example: examples("users perez", "users --role OrganizationAdmin,UserAdmin -o wide"),
		Args:    cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			c.filter.Text = strings.Join(args, " ")
			return c.run(cmd.Context())
		},
	}
	c.output = addOutput(cmd, formWide, formCSV)
	flags := cmd.Flags()
	flags.StringSliceVar(&c.roles, "role", nil, "Users with one of these roles.")
	flags.StringSliceVar(&c.states, "state", nil, "Users in one of these states: Pending, Active, Suspended, Removing.")
	flags.StringSliceVar(&c.filter.Workspaces, "workspace", nil, "Users with access to one of these workspaces.")
	flags.StringSliceVar(&c.filter.Modules, "module", nil, "Users with one of these modules.")
	flags.StringSliceVar(&c.filter.Groups, "group", nil, "Users in one of these groups.")
	flags.StringVar(&c.inactiveSince, "inactive-since", "", "Users who have not been active for so long, or since a date: 90d, 2026-11-30.")
	flags.StringVar(&c.pendingSince, "pending-since", "", "Users who have not accepted for so long, or since a date: 7d, 2026-11-30.")
	flags.BoolVarP(&c.all, "all-namespaces", "A", false, "Users of all organizations.")
	t.completeRoles(cmd, "role")
	must(cmd.RegisterFlagCompletionFunc("state", cobra.FixedCompletions(stateNames(), cobra.ShellCompDirectiveNoFileComp)))
	must(cmd.RegisterFlagCompletionFunc("workspace", t.completeFlagWorkspaces))
	return cmd
}

func (c *usersCommand) run(ctx context.Context) error {
	if err := c.complete(); err != nil {
		return err
	}
	s, err := c.connect()
	if err != nil {
		return err
	}
	namespace := s.namespace
	if c.all {
		namespace = ""
	}
	users, err := s.users(ctx, namespace, c.selection()...)
	if err != nil {
		return err
	}
	found := c.filter.Select(users)
	slices.SortFunc(found, func(a, b v1alpha1.OrgUser) int {
		return cmp.Or(strings.Compare(a.Namespace, b.Namespace), strings.Compare(a.Name, b.Name))
	})
	if c.output.isObject() {
		return c.output.printObject(c.streams, &v1alpha1.OrgUserList{Items: found})
	}
	if len(found) == 0 && c.output.form() != formCSV {
		return c.nobody(ctx, s, len(users))
	}
	return c.output.printTable(c.streams, c.table(found))
}

func (c *usersCommand) complete() error {
	if err := c.output.check(); err != nil {
		return err
	}
	var err error
	if c.filter.Roles, err = parseRoles(c.roles); err != nil {
		return err
	}
	if c.filter.States, err = parseStates(c.states); err != nil {
		return err
	}
	for flag, since := range map[string]struct {
		text string
		at   *time.Time
	}{
		"inactive-since": {c.inactiveSince, &c.filter.InactiveSince},
		"pending-since":  {c.pendingSince, &c.filter.PendingSince},
	} {
		if since.text == "" {
			continue
		}
		if *since.at, err = people.ParseSince(since.text, c.now()); err != nil {
			return fmt.Errorf("--%s: %w", flag, err)
		}
	}
	return nil
}

// selection returns what the API server can select, so that it sends no more than needed.
func (c *usersCommand) selection() []client.ListOption {
	switch {
	case len(c.filter.States) == 1:
		return []client.ListOption{client.MatchingFields{"status.state": string(c.filter.States[0])}}
	case !c.filter.PendingSince.IsZero():
		return []client.ListOption{client.MatchingFields{"status.state": string(v1alpha1.UserPending)}}
	}
	return nil
}

// nobody says that there is nothing to list, and why, if the namespace may be the wrong one.
func (c *usersCommand) nobody(ctx context.Context, s *session, listed int) error {
	if c.all {
		fmt.Fprintln(c.streams.ErrOut, "No users found.")
		return nil
	}
	if listed == 0 {
		if _, err := s.organization(ctx); err != nil {
			return err
		}
	}
	if err := c.unknown(ctx, s); err != nil {
		return err
	}
	fmt.Fprintf(c.streams.ErrOut, "No users found in organization %s.\n", s.namespace)
	return nil
}

// unknown returns an error if the filter names a workspace or a module that the organization does not have.
func (c *usersCommand) unknown(ctx context.Context, s *session) error {
	for _, w := range c.filter.Workspaces {
		if _, err := s.workspace(ctx, w); err != nil {
			return err
		}
	}
	if len(c.filter.Modules) == 0 {
		return nil
	}
	o, err := s.organization(ctx)
	if err != nil {
		return err
	}
	names := make([]string, 0, len(o.Spec.Subscription.Modules))
	for _, m := range o.Spec.Subscription.Modules {
		names = append(names, string(m.Name))
	}
	for _, m := range c.filter.Modules {
		if !slices.Contains(names, m) {
			all := cmp.Or(strings.Join(names, ", "), "none")
			return fmt.Errorf("no module %q in organization %q: the modules are %s", m, s.namespace, all)
		}
	}
	return nil
}

func (c *usersCommand) table(users []v1alpha1.OrgUser) table {
	t := table{wraps: true}
	wide := c.output.form() != formTable
	t.header = []string{"NAME", "EMAIL", "ROLE", "STATE", "LAST-ACTIVE", "WORKSPACES"}
	if wide {
		t.header = append(t.header, "DISPLAY-NAME", "MODULES", "GROUPS", "INVITED-BY", "CREATED", "READY")
	}
	if c.all {
		t.header = append([]string{"NAMESPACE"}, t.header...)
	}
	for n := range users {
		t.rows = append(t.rows, c.row(&users[n], wide))
	}
	return t
}

func (c *usersCommand) row(u *v1alpha1.OrgUser, wide bool) []string {
	empty, workspaces, lastActive, created := none, u.Status.WorkspaceSummary, c.since(u), c.age(u.CreationTimestamp)
	if c.output.form() == formCSV {
		empty, workspaces, lastActive = "", allWorkspaces(u), u.Status.LastActive
		created = u.CreationTimestamp.UTC().Format(time.RFC3339)
	}
	row := []string{
		u.Name, string(effective.EmailOf(u)), string(people.RoleOf(u)), string(u.Status.State), lastActive, cmp.Or(workspaces, empty),
	}
	if wide {
		row = append(row, people.NameOf(u), cmp.Or(joined(u.Status.Modules), empty), cmp.Or(joined(effective.KnownGroups(u)), empty),
			cmp.Or(u.Status.InvitedBy, empty), created, readiness(u.Status.Conditions))
	}
	if c.all {
		row = append([]string{u.Namespace}, row...)
	}
	return row
}

// allWorkspaces lists all workspaces in force, unlike the summary in the status.
func allWorkspaces(u *v1alpha1.OrgUser) string {
	words := make([]string, 0, len(u.Status.Workspaces))
	for _, grant := range u.Status.Workspaces {
		words = append(words, fmt.Sprintf("%s (%s)", grant.Name, grant.Access))
	}
	return strings.Join(words, ", ")
}

func joined[T ~string](names []T) string {
	words := make([]string, 0, len(names))
	for _, n := range names {
		words = append(words, string(n))
	}
	return strings.Join(words, ",")
}

// since returns how long ago a user was active last, or what the status has in its place.
func (t *tool) since(u *v1alpha1.OrgUser) string {
	at, ever := people.LastActive(u)
	if !ever {
		return u.Status.LastActive
	}
	return duration.HumanDuration(t.now().Sub(at)) + " ago"
}

func (t *tool) age(at metav1.Time) string { return duration.HumanDuration(t.now().Sub(at.Time)) }

// readiness returns True, or the reason why an object is not ready.
func readiness(conditions []metav1.Condition) string {
	for _, c := range conditions {
		if c.Type == v1alpha1.ConditionReady {
			if c.Status == metav1.ConditionTrue {
				return string(c.Status)
			}
			return c.Reason
		}
	}
	return "Unknown"
}

// parseRoles returns the roles that a person has typed, in whatever case.
func parseRoles(texts []string) ([]v1alpha1.Role, error) {
	return parseNames("role", texts, authz.Roles())
}

func parseStates(texts []string) ([]v1alpha1.UserState, error) {
	return parseNames("state", texts, states)
}

var states = []v1alpha1.UserState{
	v1alpha1.UserPending, v1alpha1.UserActive, v1alpha1.UserSuspended, v1alpha1.UserRemoving,
}

func stateNames() []string { return strings.Split(joined(states), ",") }

// parseNames returns the values that a person has typed, in whatever case.
func parseNames[T ~string](what string, texts []string, known []T) ([]T, error) {
	var values []T
	for _, text := range texts {
		n := slices.IndexFunc(known, func(v T) bool { return strings.EqualFold(string(v), text) })
		if n < 0 {
			return nil, fmt.Errorf("there is no %s %q: choose one of %s", what, text, strings.ReplaceAll(joined(known), ",", ", "))
		}
		values = append(values, known[n])
	}
	return values, nil
}
