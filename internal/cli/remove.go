// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/cli/people"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/emailaddr"
)

func newRemove(t *tool) *cobra.Command {
	cmd := &cobra.Command{
		Use: "remove USER", Short: "Remove a user from the organization", GroupID: groupChange,
		Long: "Remove a user from the organization, with all access. Shows what goes and what stays, and asks. Without a terminal, " +
			"--yes is needed.",
		Example:           examples("remove marta --dry-run=server", "remove bruno@acme.example --yes --dry-run=server"),
		Args:              between(1, 1),
		ValidArgsFunction: t.completeUser,
	}
	dry := addDryRun(cmd)
	yes := cmd.Flags().BoolP("yes", "y", false, "Do not ask.")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if err := dry.check(); err != nil {
			return err
		}
		s, u, err := t.connectTo(cmd.Context(), args[0])
		if err != nil {
			return err
		}
		return t.remove(cmd.Context(), s, u, *dry, *yes)
	}
	return cmd
}

func (t *tool) remove(ctx context.Context, s *session, u *v1alpha1.OrgUser, dry dryRun, yes bool) error {
	// What is going to be refused is not asked about.
	if dry != dryRunClient {
		if err := dryRunServer.writer(s).Delete(ctx, u.DeepCopy()); err != nil {
			return err
		}
	}
	leaving, err := s.leaving(ctx, u)
	if err != nil {
		return err
	}
	leaving.write(t, u)
	if dry != dryRunNone {
		fmt.Fprintf(t.streams.Out, "%s removed%s\n", labelOf(u), dry.note())
		return nil
	}
	if !yes {
		if agreed, err := t.confirm(ctx, fmt.Sprintf("Remove %s from organization %s?", labelOf(u), s.namespace)); err != nil || !agreed {
			return err
		}
	}
	// Somebody else may have been created under the name while the question was open.
	if err := s.Delete(ctx, u, client.Preconditions{UID: &u.UID}); err != nil {
		return err
	}
	fmt.Fprintf(t.streams.Out, "%s removed\n", labelOf(u))
	t.mindGit(u)
	return nil
}

// confirm asks, and refuses to go on where nobody can answer.
func (t *tool) confirm(ctx context.Context, question string) (bool, error) {
	if !canAnswer(t.streams.In) {
		return false, errors.New("there is no terminal to ask at: add --yes")
	}
	return t.ask(ctx, question)
}

// leaving is what goes and what stays when a user is removed.
type leaving struct {
	goes, stays []string
}

func (l leaving) write(t *tool, u *v1alpha1.OrgUser) {
	for _, part := range []struct {
		title string
		lines []string
	}{{"goes", l.goes}, {"stays", l.stays}} {
		if len(part.lines) == 0 {
			continue
		}
		fmt.Fprintf(t.streams.Out, "%s, what %s:\n", people.NameOf(u), part.title)
		for _, line := range part.lines {
			fmt.Fprintln(t.streams.Out, "- "+oneLine(line))
		}
	}
}

// leaving returns what goes with a user, and what stays because somebody has declared it.
func (s *session) leaving(ctx context.Context, u *v1alpha1.OrgUser) (leaving, error) {
	var l leaving
	if role := people.RoleOf(u); role != "" {
		l.goes = append(l.goes, "role "+string(role))
	}
	for _, grant := range u.Status.Workspaces {
		l.goes = append(l.goes, fmt.Sprintf("%s access to workspace %s", grant.Access, grant.Name))
	}
	for _, module := range u.Status.Modules {
		l.goes = append(l.goes, fmt.Sprintf("the seat of module %s, which is free for others", module))
	}
	org, err := s.organization(ctx)
	if err != nil {
		return l, err
	}
	workspaces, err := s.workspaces(ctx, s.namespace)
	if err != nil {
		return l, err
	}
	email := string(effective.EmailOf(u))
	l.contacts("the organization", org.Spec.Contacts, email)
	for n := range workspaces {
		w := &workspaces[n]
		l.contacts("workspace "+w.Name, w.Spec.Contacts, email)
		for _, member := range w.Spec.Members {
			if member.Email != "" && emailaddr.Same(string(member.Email), email) {
				l.stays = append(l.stays, fmt.Sprintf("%s in spec.members of Workspace %s: the next user with this address gets "+
					"that access", member.Email, w.Name))
			}
		}
	}
	invitations, err := s.invitations(ctx)
	if err != nil {
		return l, err
	}
	l.invitations(u, invitations)
	return l, nil
}

// invitations notes the Invitations that name a user, and those that are open in the user's name.
func (l *leaving) invitations(u *v1alpha1.OrgUser, invitations []v1alpha1.Invitation) {
	email := string(effective.EmailOf(u))
	for n := range invitations {
		i := &invitations[n]
		if names(i, email) {
			l.stays = append(l.stays, fmt.Sprintf("%s in spec.emails of Invitation %s", email, i.Name))
		}
		if i.Spec.InvitedBy != "" && slices.Contains([]string{u.Status.Username, email}, string(i.Spec.InvitedBy)) && isOpen(i) {
			l.stays = append(l.stays, fmt.Sprintf("Invitation %s, open in this person's name: nobody can accept it until somebody takes "+
				"it over", i.Name))
		}
	}
}

// contacts notes the contacts that are unassigned when a user goes.
func (l *leaving) contacts(where string, contacts []v1alpha1.Contact, email string) {
	for _, c := range contacts {
		if c.Assignee != "" && emailaddr.Same(string(c.Assignee), email) {
			l.stays = append(l.stays, fmt.Sprintf("contact %q of %s, unassigned", c.Name, where))
		}
	}
}

// names reports whether an Invitation names an address.
func names(i *v1alpha1.Invitation, email string) bool {
	addressees, err := emailaddr.ParseList(i.Spec.Emails)
	return err == nil && slices.ContainsFunc(addressees, func(a emailaddr.Addressee) bool { return emailaddr.Same(a.Email, email) })
}

// isOpen reports whether somebody can still accept an Invitation.
func isOpen(i *v1alpha1.Invitation) bool {
	return slices.ContainsFunc(i.Status.Recipients, func(r v1alpha1.RecipientStatus) bool { return !answered(r.State) })
}

func newResend(t *tool) *cobra.Command {
	cmd := &cobra.Command{
		Use: "resend USER", Short: "Send a person's invitation again", GroupID: groupChange,
		Long: "Send the invitation of a person who has not accepted again. The link in the former mail becomes invalid, and the days " +
			"that it is valid for start again. Nobody else gets a mail.",
		Example:           examples("resend nora@acme.example --dry-run=server", "resend sam@acme.example --dry-run=server"),
		Args:              between(1, 1),
		ValidArgsFunction: t.completeUser,
	}
	dry := addDryRun(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if err := dry.check(); err != nil {
			return err
		}
		s, u, err := t.connectTo(cmd.Context(), args[0])
		if err != nil {
			return err
		}
		return t.resend(cmd.Context(), s, u, *dry)
	}
	return cmd
}

// resend sets the annotation on the person's OrgUser, which serves people with and without an Invitation.
func (t *tool) resend(ctx context.Context, s *session, u *v1alpha1.OrgUser, dry dryRun) error {
	before := u.DeepCopy()
	if u.Annotations == nil {
		u.Annotations = map[string]string{}
	}
	u.Annotations[v1alpha1.AnnotationResend] = t.now().UTC().Format("2006-01-02T15:04:05.000000000Z")
	if dry != dryRunClient {
		if err := dry.writer(s).Patch(ctx, u, client.MergeFrom(before)); err != nil {
			return err
		}
	}
	fmt.Fprintf(t.streams.Out, "%s is invited again%s\n", labelOf(u), dry.note())
	return nil
}
