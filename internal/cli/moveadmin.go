// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"
	authenticationv1 "k8s.io/api/authentication/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/cli/roster"
	"github.com/usher-operator/usher/internal/effective"
)

type moveAdminCommand struct {
	*tool
	from, role string
	timeout    time.Duration
	yes        bool
	dryRun     *dryRun
}

func newMoveAdmin(t *tool) *cobra.Command {
	c := &moveAdminCommand{tool: t}
	cmd := &cobra.Command{
		Use: "move-admin TO [--from USER]", Short: "Hand over administration", GroupID: groupChange,
		Long: "Hand over administration in the order that keeps the organization administrated. TO becomes OrganizationAdmin, and " +
			"the command waits until that is in force. Nobody can step down alone: TO, or another administrator, then runs the same " +
			"command with --from, which takes over the open invitations of the one who leaves and changes their role.",
		Example: examples("move-admin eva --dry-run=server", "move-admin eva --from bruno --dry-run=server"),
		Args:    between(1, 1), ValidArgsFunction: t.completeUser,
		RunE: func(cmd *cobra.Command, args []string) error { return c.run(cmd.Context(), args[0]) },
	}
	c.dryRun = addDryRun(cmd)
	cmd.Flags().StringVar(&c.from, "from", "", "Who hands over. If unset, only TO is changed.")
	cmd.Flags().StringVar(&c.role, "then", string(v1alpha1.RoleMember), "Role that --from has afterwards.")
	cmd.Flags().DurationVar(&c.timeout, "timeout", time.Minute, "How long to wait until TO is an administrator in force.")
	cmd.Flags().BoolVarP(&c.yes, "yes", "y", false, "Do not ask.")
	t.completeRoles(cmd, "then")
	must(cmd.RegisterFlagCompletionFunc("from", t.completeUsers))
	return cmd
}

func (c *moveAdminCommand) run(ctx context.Context, who string) error {
	if err := c.dryRun.check(); err != nil {
		return err
	}
	role, err := roster.ParseRole(c.role)
	if err != nil {
		return err
	}
	s, err := c.connect()
	if err != nil {
		return err
	}
	to, err := s.user(ctx, who)
	if err != nil {
		return err
	}
	if c.from == "" {
		return c.appoint(ctx, s, to)
	}
	from, err := s.user(ctx, c.from)
	if err != nil {
		return err
	}
	if from.Name == to.Name {
		return fmt.Errorf("%s cannot take over from themselves", labelOf(to))
	}
	if !c.yes && *c.dryRun == dryRunNone {
		question := fmt.Sprintf("Hand over from %s, who becomes %s, to %s?", labelOf(from), role, labelOf(to))
		if agreed, err := c.confirm(ctx, question); err != nil || !agreed {
			return err
		}
	}
	if err := c.appoint(ctx, s, to); err != nil {
		return err
	}
	if err := c.takeOver(ctx, s, from); err != nil {
		return err
	}
	flags := &changeFlags{tool: c.tool, output: &output{flags: noOutput()}, dryRun: c.dryRun}
	return flags.apply(ctx, s, from, "gets the role "+string(role), func(u *v1alpha1.OrgUser) error {
		u.Spec.Role = role
		return nil
	})
}

// appoint makes somebody an administrator and waits until that is in force.
func (c *moveAdminCommand) appoint(ctx context.Context, s *session, to *v1alpha1.OrgUser) error {
	flags := &changeFlags{tool: c.tool, output: &output{flags: noOutput()}, dryRun: c.dryRun}
	err := flags.apply(ctx, s, to, "gets the role OrganizationAdmin", func(u *v1alpha1.OrgUser) error {
		u.Spec.Role = v1alpha1.RoleOrganizationAdmin
		return nil
	})
	if err != nil || *c.dryRun != dryRunNone {
		return err
	}
	err = wait.PollUntilContextTimeout(ctx, 200*time.Millisecond, c.timeout, true, func(ctx context.Context) (bool, error) {
		if err := s.Get(ctx, client.ObjectKeyFromObject(to), to); err != nil {
			return false, err
		}
		return to.Status.State == v1alpha1.UserActive && to.Status.Role == v1alpha1.RoleOrganizationAdmin, nil
	})
	if err != nil {
		return fmt.Errorf("%s is not an administrator in force yet (%s); nothing else is changed: run the command again later",
			labelOf(to), readyLine(to.Status.Conditions))
	}
	fmt.Fprintf(c.streams.Out, "%s is an administrator in force\n", labelOf(to))
	if c.from == "" {
		fmt.Fprintf(c.streams.Out, "Nobody can step down alone. %s goes on with: %s\n", to.Name,
			command("move-admin", to.Name, "--from", "USER", "-n", s.namespace))
	}
	return nil
}

// takeOver puts the open invitations of somebody who leaves into the name of who asks, so that their links stay valid.
func (c *moveAdminCommand) takeOver(ctx context.Context, s *session, from *v1alpha1.OrgUser) error {
	me, err := s.me(ctx)
	if err != nil {
		return err
	}
	invitations, err := s.invitations(ctx)
	if err != nil {
		return err
	}
	former := []string{from.Status.Username, string(effective.EmailOf(from))}
	for n := range invitations {
		i := &invitations[n]
		if i.Spec.InvitedBy == "" || !slices.Contains(former, string(i.Spec.InvitedBy)) || !isOpen(i) {
			continue
		}
		before := i.DeepCopy()
		i.Spec.InvitedBy = v1alpha1.Username(me)
		if *c.dryRun != dryRunClient {
			if err := c.dryRun.writer(s).Patch(ctx, i, client.MergeFrom(before)); err != nil {
				return err
			}
		}
		fmt.Fprintf(c.streams.Out, "Invitation %s is in the name of %s%s\n", i.Name, me, c.dryRun.note())
	}
	return nil
}

// me returns the user name by which the API server knows who asks.
func (s *session) me(ctx context.Context) (string, error) {
	review := &authenticationv1.SelfSubjectReview{}
	if err := s.Create(ctx, review); err != nil {
		return "", err
	}
	return review.Status.UserInfo.Username, nil
}
