// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"
	"k8s.io/client-go/util/retry"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/cli/roster"
)

// changeFlags are those of commands that change one object.
type changeFlags struct {
	*tool
	output *output
	dryRun *dryRun
	yaml   bool
}

func (t *tool) addChangeFlags(cmd *cobra.Command) *changeFlags {
	c := &changeFlags{tool: t, output: addOutput(cmd), dryRun: addDryRun(cmd)}
	cmd.Flags().BoolVar(&c.yaml, "yaml", false, "Print the object as YAML, for Git, and change nothing; the same as -o yaml.")
	return c
}

func (c *changeFlags) check() error {
	if c.yaml {
		*c.output.flags.OutputFormat = "yaml"
	}
	return errors.Join(c.output.check(), c.dryRun.check())
}

// changeUser changes a user and says so in the words of done. Where the change does nothing, it says that.
func (c *changeFlags) changeUser(ctx context.Context, who, done string, change func(*v1alpha1.OrgUser) error) error {
	if err := c.check(); err != nil {
		return err
	}
	s, err := c.connect()
	if err != nil {
		return err
	}
	u, err := s.user(ctx, who)
	if err != nil {
		return err
	}
	return c.apply(ctx, s, u, done, change)
}

// apply changes a user as they are now.
func (c *changeFlags) apply(ctx context.Context, s *session, u *v1alpha1.OrgUser, done string, change func(*v1alpha1.OrgUser) error) error {
	return applyTo(ctx, c, s, u, labelOf(u), done, change)
}

// applyTo changes an object as it is now. Nobody else's change is undone: if there is one meanwhile, it is done again on the new object.
func applyTo[T client.Object](ctx context.Context, c *changeFlags, s *session, o T, label, done string, change func(T) error) error {
	unchanged := false
	err := retry.RetryOnConflict(retry.DefaultRetry, func() error {
		if err := s.Get(ctx, client.ObjectKeyFromObject(o), o); err != nil {
			return err
		}
		before, _ := o.DeepCopyObject().(client.Object)
		if err := change(o); err != nil {
			return err
		}
		patch := client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{})
		if unchanged = isEmpty(client.MergeFrom(before), o); unchanged || c.output.isObject() || *c.dryRun == dryRunClient {
			return nil
		}
		return c.dryRun.writer(s).Patch(ctx, o, patch)
	})
	switch {
	case err != nil:
		return err
	case c.output.isObject():
		return c.output.printManifest(c.streams, o)
	case unchanged:
		fmt.Fprintf(c.streams.Out, "%s: nothing to change\n", label)
	default:
		fmt.Fprintf(c.streams.Out, "%s %s%s\n", label, done, c.dryRun.note())
		c.mindGit(o)
	}
	return nil
}

// isEmpty reports whether a patch of an object changes nothing.
func isEmpty(patch client.Patch, o client.Object) bool {
	data, err := patch.Data(o)
	return err == nil && string(data) == "{}"
}

// gitMarks are the labels and annotations of those who keep an object as Git has it, with their names.
var gitMarks = map[string]string{
	"argocd.argoproj.io/instance": "Argo CD", "argocd.argoproj.io/tracking-id": "Argo CD",
	"kustomize.toolkit.fluxcd.io/name": "Flux", "helm.toolkit.fluxcd.io/name": "Flux",
}

// mindGit warns whoever changes what Git holds.
func (t *tool) mindGit(o client.Object) {
	for mark, keeper := range gitMarks {
		if o.GetLabels()[mark] != "" || o.GetAnnotations()[mark] != "" {
			kind := "OrgUser"
			if _, is := o.(*v1alpha1.Organization); is {
				kind = "Organization"
			}
			fmt.Fprintf(t.streams.ErrOut, "Warning: %s keeps %s %s as Git has it, and undoes this change: change it there too, "+
				"--yaml shows how\n", keeper, kind, o.GetName())
			return
		}
	}
}

func newRole(t *tool) *cobra.Command {
	cmd := &cobra.Command{
		Use: "role USER ROLE", Short: "Change a user's role", GroupID: groupChange,
		Long:              "Change what a user may do in the organization. The user keeps workspaces, groups and modules.",
		Example:           examples("role marta Technician --dry-run=server", "role marta UserAdmin --yaml"),
		Args:              between(2, 2),
		ValidArgsFunction: t.completeUserThen(cobra.FixedCompletions(roleNames(), cobra.ShellCompDirectiveNoFileComp)),
	}
	c := t.addChangeFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		role, err := roster.ParseRole(args[1])
		if err != nil {
			return err
		}
		return c.changeUser(cmd.Context(), args[0], "gets the role "+string(role), func(u *v1alpha1.OrgUser) error {
			u.Spec.Role = role
			return nil
		})
	}
	return cmd
}

func newSuspend(t *tool) *cobra.Command {
	return t.newSwitch(&cobra.Command{
		Use: "suspend USER", Short: "Take away a user's access for a while", GroupID: groupChange,
		Long: "Take away all access of a user, who stays listed, keeps role and workspaces in spec, and gets no mail until \"resume\". " +
			"Seats become free for others.",
		Example: examples("suspend marta --dry-run=server", "suspend marta@acme.example --yaml"),
	}, "is suspended", true)
}

func newResume(t *tool) *cobra.Command {
	return t.newSwitch(&cobra.Command{
		Use: "resume USER", Short: "Give a suspended user the access back", GroupID: groupChange,
		Long:    "Give a suspended user all access back. Modules come back as far as there are seats.",
		Example: examples("resume marta --dry-run=server", "resume marta@acme.example --yaml"),
	}, "is no longer suspended", false)
}

func (t *tool) newSwitch(cmd *cobra.Command, done string, suspend bool) *cobra.Command {
	cmd.Args, cmd.ValidArgsFunction = between(1, 1), t.completeUser
	c := t.addChangeFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return c.changeUser(cmd.Context(), args[0], done, func(u *v1alpha1.OrgUser) error {
			u.Spec.Suspend = suspend
			return nil
		})
	}
	return cmd
}

func newGrant(t *tool) *cobra.Command {
	cmd := &cobra.Command{
		Use: "grant USER [WORKSPACE [ACCESS]]", Short: "Give a user a workspace, groups or modules", GroupID: groupChange,
		Long: "Give a user access to a workspace: Admin, Edit or View, which is the default. Or add the user to groups, or give " +
			"modules, each of which takes a seat. What the user has already stays.",
		Example:           examples("grant marta sales Edit --dry-run=server", "grant marta --group leads --yaml"),
		Args:              between(1, 3),
		ValidArgsFunction: t.completeUserThen(t.completeFlagWorkspaces),
	}
	c := t.addChangeFlags(cmd)
	groups, modules := addListFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		g, err := parseGrant(args[1:], *groups, *modules)
		if err != nil {
			return err
		}
		return c.changeUser(cmd.Context(), args[0], g.gets(), g.addTo)
	}
	return cmd
}

func newRevoke(t *tool) *cobra.Command {
	cmd := &cobra.Command{
		Use: "revoke USER [WORKSPACE]", Short: "Take a workspace, groups or modules away from a user", GroupID: groupChange,
		Long: "Take a workspace away that the user has by their own list, or groups, or modules. It is refused if the user has none " +
			"of it. Access may remain from other sources: \"why\" shows them.",
		Example:           examples("revoke marta --group helpdesk --dry-run=server", "revoke marta --module remote-support --yaml"),
		Args:              between(1, 2),
		ValidArgsFunction: t.completeUserThen(t.completeFlagWorkspaces),
	}
	c := t.addChangeFlags(cmd)
	groups, modules := addListFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		g, err := parseGrant(args[1:], *groups, *modules)
		if err != nil {
			return err
		}
		return c.changeUser(cmd.Context(), args[0], g.loses(), g.removeFrom)
	}
	return cmd
}

func addListFlags(cmd *cobra.Command) (groups, modules *[]string) {
	return cmd.Flags().StringSlice("group", nil, "Groups."), cmd.Flags().StringSlice("module", nil, "Modules.")
}

// drop returns a list without an entry, and whether it was there.
func drop[T comparable](list []T, entry T) ([]T, bool) {
	n := slices.Index(list, entry)
	if n < 0 {
		return list, false
	}
	return slices.Delete(slices.Clone(list), n, n+1), true
}
