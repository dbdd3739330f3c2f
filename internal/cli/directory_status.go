// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/spf13/cobra"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/utils/ptr"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/directory"
	"github.com/usher-operator/usher/internal/directory/tokens"
)

func newDirectoryStatus(t *tool) *cobra.Command {
	cmd := &cobra.Command{
		Use: "status", Short: "Show the state of the directory", GroupID: groupFind,
		Long: "Show the directory: whether it can do anything, what it keeps, how many people it has suspended and deleted, what its " +
			"groups give, and its tokens, which only an OrganizationAdmin sees.",
		Example: examples("directory status", "directory status -o yaml"),
		Args:    between(0, 0),
	}
	o := addOutput(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if err := o.check(); err != nil {
			return err
		}
		s, err := t.connect()
		if err != nil {
			return err
		}
		org, err := s.organization(cmd.Context())
		if err != nil {
			return err
		}
		if o.isObject() {
			return o.printObject(t.streams, org)
		}
		return t.showDirectory(cmd.Context(), s, org)
	}
	return cmd
}

func (t *tool) showDirectory(ctx context.Context, s *session, org *v1alpha1.Organization) error {
	list, wrong := s.tokens().List(ctx)
	hidden := apierrors.IsForbidden(wrong)
	if wrong != nil && (hidden || !isAboutTokens(wrong)) {
		list = nil
	}
	if wrong != nil && !hidden && !isAboutTokens(wrong) {
		return wrong
	}
	p := &page{w: t.streams.Out}
	p.line("Organization", org.Name)
	p.line("State", t.stateOfDirectory(org, list, hidden))
	p.line("People", strconv.Itoa(int(ptr.Deref(org.Status.Directory.People, 0))))
	p.line("Groups", strconv.Itoa(int(ptr.Deref(org.Status.Directory.Groups, 0))))
	p.line("Onboarding", onboardingWords(org))
	p.line("Removals", t.removals(org))
	p.table("Given by group", givenTable(org))
	if names := meta.FindStatusCondition(org.Status.Conditions, v1alpha1.ConditionDirectoryNamesExist); names != nil {
		p.line("Not there yet", names.Message)
	}
	if hidden {
		p.line("Tokens", "only an OrganizationAdmin sees them")
	} else {
		p.table("Tokens", t.tokenTable(list))
		p.line("Wrong tokens", errorText(wrong))
	}
	return p.err
}

// isAboutTokens reports whether an error is about what the Secret holds, and not about reading it.
func isAboutTokens(err error) bool {
	var status apierrors.APIStatus
	return !errors.As(err, &status) && !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded)
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func (t *tool) stateOfDirectory(org *v1alpha1.Organization, list []tokens.Token, hidden bool) string {
	opens := hidden
	for n := range list {
		opens = opens || list[n].Opens(t.now())
	}
	switch {
	case org.Spec.Directory.Paused:
		return "paused: every request of the directory is refused; " + command("directory", "resume", "-n", org.Name) + " ends that"
	case !opens:
		return "closed: there is no valid token; " + command("directory", "token", "create", "NAME", "-n", org.Name) + " makes one"
	case directory.IsStopped(org):
		return "stopped: " + directory.StoppedMessage(org)
	}
	return "open"
}

func onboardingWords(org *v1alpha1.Organization) string {
	if org.Spec.Directory.Onboarding == v1alpha1.DirectoryInvite {
		return "Invite: new people are invited by mail"
	}
	return "Active: new people are active at once"
}

func (t *tool) removals(org *v1alpha1.Organization) string {
	limit := directory.LimitOf(org)
	if directory.IsAllowed(org, t.now()) {
		return fmt.Sprintf("not limited until %s", org.Spec.Directory.Protection.AllowUntil.UTC().Format(timeFormat))
	}
	return fmt.Sprintf("%d of at most %d people suspended or deleted within %d hours", len(directory.Removals(org, t.now())), limit.People,
		int(limit.Within.Hours()))
}

func givenTable(org *v1alpha1.Organization) table {
	t := table{header: []string{"GROUP", "ROLE", "MODULES"}}
	listed := map[v1alpha1.ObjectName]bool{}
	modules := map[v1alpha1.ObjectName][]v1alpha1.ObjectName{}
	for _, m := range org.Spec.Directory.Modules {
		modules[m.Group] = m.Modules
	}
	for _, m := range org.Spec.Directory.Roles {
		listed[m.Group] = true
		t.add(string(m.Group), string(m.Role), orNone(joined(modules[m.Group])))
	}
	for _, m := range org.Spec.Directory.Modules {
		if !listed[m.Group] {
			t.add(string(m.Group), none, joined(m.Modules))
		}
	}
	return t
}

// tokens are those of the organization's directory, in the person's name.
func (s *session) tokens() tokens.Tokens {
	return tokens.Tokens{Client: s.Client, Organization: s.namespace, FieldOwner: fieldOwner}
}

func (t *tool) tokenTable(list []tokens.Token) table {
	out := table{header: []string{"NAME", "STATE", "CREATED", "EXPIRES", "LAST-USE"}}
	at := func(when time.Time, otherwise string) string {
		if when.IsZero() {
			return otherwise
		}
		return when.UTC().Format(timeFormat)
	}
	for n := range list {
		k := &list[n]
		state := "valid"
		switch {
		case k.Expired(t.now()):
			state = "expired"
		case k.Paused:
			state = "paused"
		}
		out.add(k.Name, state, at(k.CreationTime, none), at(k.ExpirationTime, "never"), at(k.LastUse, none))
	}
	return out
}
