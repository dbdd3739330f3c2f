// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/emailaddr"
)

func newWhy(t *tool) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "why USER WORKSPACE",
		Short:   "Show why a user has access to a workspace, or has not",
		GroupID: groupFind,
		Long: "Show each source of a user's access to a workspace, and what to change to take it away. If the user has no access, show " +
			"what is missing.",
		Example:           examples("why marta support", "why eva@acme.example sales"),
		Args:              between(2, 2),
		ValidArgsFunction: t.completeUserThen(t.completeFlagWorkspaces),
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		s, u, err := t.connectTo(cmd.Context(), args[0])
		if err != nil {
			return err
		}
		w, err := s.workspace(cmd.Context(), args[1])
		if err != nil {
			return err
		}
		groups, err := s.groupsOf(cmd.Context(), u)
		if err != nil {
			return err
		}
		return t.why(u, w, groups)
	}
	return cmd
}

// groupsOf returns the groups in which a user is, or will be once active.
func (s *session) groupsOf(ctx context.Context, u *v1alpha1.OrgUser) ([]v1alpha1.ObjectName, error) {
	var list v1alpha1.OrgGroupList
	if err := s.List(ctx, &list, client.InNamespace(u.Namespace)); err != nil {
		return nil, err
	}
	var listing []*v1alpha1.OrgGroup
	for n := range list.Items {
		if slices.Contains(effective.GroupMembers(&list.Items[n]), emailaddr.Normalize(string(effective.EmailOf(u)))) {
			listing = append(listing, &list.Items[n])
		}
	}
	groups, _ := effective.GroupsOf(u.Spec.Groups, listing)
	return groups, nil
}

// workspace returns a workspace of the organization.
func (s *session) workspace(ctx context.Context, workspace string) (*v1alpha1.Workspace, error) {
	w := &v1alpha1.Workspace{}
	err := s.Get(ctx, client.ObjectKey{Namespace: s.namespace, Name: workspace}, w)
	if !apierrors.IsNotFound(err) {
		return w, err
	}
	if _, err := s.organization(ctx); err != nil {
		return nil, err
	}
	all, err := s.workspaces(ctx, s.namespace)
	if err != nil {
		return nil, err
	}
	return nil, fmt.Errorf("no workspace %q in organization %q: the workspaces are %s", workspace, s.namespace, workspaceNames(all))
}

func (t *tool) why(u *v1alpha1.OrgUser, w *v1alpha1.Workspace, groups []v1alpha1.ObjectName) error {
	n := slices.IndexFunc(u.Status.Workspaces, func(g v1alpha1.WorkspaceGrantStatus) bool { return g.Name == w.Name })
	if n < 0 {
		fmt.Fprintf(t.streams.Out, "%s has no access to workspace %s.\n", labelOf(u), w.Name)
		for _, line := range obstacles(u, w, groups) {
			fmt.Fprintln(t.streams.Out, "- "+line)
		}
		return nil
	}
	grant := u.Status.Workspaces[n]
	fmt.Fprintf(t.streams.Out, "%s has %s access to workspace %s, namespace %s.\n\n", labelOf(u), grant.Access, w.Name, w.Status.Namespace)
	sources := table{header: []string{"SOURCE", "ACCESS", "TO TAKE IT AWAY"}}
	for _, origin := range grant.Origins {
		sources.add(originLabel(u, origin), string(origin.Access), remedy(u, w, origin))
	}
	if err := sources.print(t.streams.Out, "", true); err != nil {
		return err
	}
	if len(grant.Origins) > 1 {
		fmt.Fprintf(t.streams.Out, "\nThe strongest source counts. The access ends when all %d are gone.\n", len(grant.Origins))
	}
	return nil
}

// remedy says what to change so that a source no longer grants access.
func remedy(u *v1alpha1.OrgUser, w *v1alpha1.Workspace, origin v1alpha1.GrantOrigin) string {
	switch origin.Source {
	case v1alpha1.GrantedByRole:
		if note := byGroupNote(u); note != "" {
			return fmt.Sprintf("take the person out of the group %s, or remove the group from spec.directory.roles of the Organization",
				u.Status.ByGroup.Group)
		}
		return command("role", u.Name, "Member", "-n", u.Namespace) + ", or another role"
	case v1alpha1.GrantedByUser:
		return command("revoke", u.Name, w.Name, "-n", u.Namespace)
	case v1alpha1.GrantedByGroup:
		if !slices.Contains(u.Spec.Groups, v1alpha1.ObjectName(origin.Group)) {
			return fmt.Sprintf("remove %s from spec.members of OrgGroup %s, or for the whole group, remove it from spec.members of "+
				"Workspace %s", effective.EmailOf(u), origin.Group, w.Name)
		}
		return command("revoke", u.Name, "--group", origin.Group, "-n", u.Namespace) +
			fmt.Sprintf(", or for the whole group, remove it from spec.members of Workspace %s", w.Name)
	default:
		return fmt.Sprintf("remove %s from spec.members of Workspace %s", effective.EmailOf(u), w.Name)
	}
}

// command returns a line to type.
func command(words ...string) string { return name + " " + strings.Join(words, " ") }

// obstacles returns what keeps a user from having access: of the user, and of what grants it.
func obstacles(u *v1alpha1.OrgUser, w *v1alpha1.Workspace, groups []v1alpha1.ObjectName) []string {
	var why []string
	switch {
	case u.Status.State == v1alpha1.UserPending:
		why = append(why, "The person has not accepted yet: the account is Pending.")
	case u.Status.State == v1alpha1.UserSuspended:
		why = append(why, "The account is suspended: "+command("resume", u.Name, "-n", u.Namespace))
	case u.Status.State == v1alpha1.UserRemoving:
		why = append(why, "The account is being removed.")
	case effective.IsLimited(u):
		why = append(why, "The account is Limited: set spec.access to Full to invite the person.")
	case u.Status.Role == v1alpha1.RoleNotificationsOnly:
		why = append(why, "The role NotificationsOnly has no access: "+command("role", u.Name, "Member", "-n", u.Namespace))
	}
	if w.Status.Namespace == "" {
		why = append(why, fmt.Sprintf("Workspace %s has no namespace yet: %s", w.Name, readyLine(w.Status.Conditions)))
	}
	requested := requestedSources(u, w, groups)
	if len(requested) == 0 {
		return append(why, fmt.Sprintf("Nothing grants it: %s", command("grant", u.Name, w.Name, "Edit", "-n", u.Namespace)))
	}
	return append(why, fmt.Sprintf("It is granted, but not in force, by: %s.", strings.Join(requested, ", ")))
}

// requestedSources names what would grant a user access to a workspace if the account were in force.
func requestedSources(u *v1alpha1.OrgUser, w *v1alpha1.Workspace, groups []v1alpha1.ObjectName) []string {
	var found []string
	if effective.RequestedRole(u) == v1alpha1.RoleOrganizationAdmin {
		found = append(found, "role OrganizationAdmin (Admin)")
	}
	for _, grant := range u.Spec.Workspaces {
		if string(grant.Name) == w.Name {
			found = append(found, fmt.Sprintf("own list (%s)", grant.Access))
		}
	}
	keys := effective.KeysOf(string(effective.EmailOf(u)), groups)
	for _, member := range effective.DistinctMembers(w.Spec.Members) {
		if key := effective.KeyOfMember(member); slices.Contains(keys, key) {
			origin := effective.OriginOfMember(key, member.Access)
			found = append(found, fmt.Sprintf("%s (%s)", originLabel(u, origin), origin.Access))
		}
	}
	return found
}
