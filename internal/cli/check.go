// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/usher-operator/usher/api/v1alpha1"
)

func newCheck(t *tool) *cobra.Command {
	cmd := &cobra.Command{
		Use: "check", Short: "Check the installation and the organization", GroupID: groupFind,
		Long: "Check whether the installation works, as far as you may look: versions, kinds, webhooks and their certificates, the " +
			"operator's answer, link keys, policies, ClusterRoles of modules, the mail server, organizations without administrator, " +
			"and stalled objects. Each line says what it means and what to do. The exit code is 1 if something is wrong.",
		Example: examples("check", "check -A"),
		Args:    between(0, 0),
	}
	all := cmd.Flags().BoolP("all-namespaces", "A", false, "Check all organizations, which takes the platform team's rights.")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		s, err := t.connect()
		if err != nil {
			return err
		}
		c := &checkup{session: s, tool: t, namespace: s.namespace}
		if *all {
			c.namespace = ""
		}
		return c.run(cmd.Context())
	}
	return cmd
}

// Results of a check.
const (
	resultOK      = "ok"
	resultWrong   = "WRONG"
	resultUnknown = "unknown"
)

// checkup is one run of check.
type checkup struct {
	*session
	*tool
	// namespace is the organization's. It is empty for all organizations.
	namespace string
	table     table
	wrong     bool
	// operator is the operator's version, if it has answered.
	operator string
	// found are the organizations.
	found []v1alpha1.Organization
}

// check is one of the things that are checked.
type check struct {
	name string
	run  func(ctx context.Context, name string) error
}

func (c *checkup) run(ctx context.Context) error {
	// Without the API server there is nothing to be checked.
	kubernetes, err := c.kubernetesVersion(ctx)
	if err != nil {
		return err
	}
	c.table.header, c.table.wraps, c.table.color = []string{"CHECK", "RESULT", "WHAT IT MEANS, AND WHAT TO DO"}, true, resultColor
	c.runAll(ctx, []check{
		{"kubernetes", func(context.Context, string) error { return c.kubernetes(kubernetes) }},
		{"kinds", c.kinds},
		{"operator's answer", c.answer},
		{"versions", c.versions},
		{"webhooks", c.webhooks},
		{"operator", c.deployments},
		{"link keys", c.linkKeys},
		{"policies", c.policies},
		{"organizations", c.organizations},
	})
	if len(c.found) > 0 {
		c.runAll(ctx, []check{
			{"modules", c.modules},
			{"users", c.accounts},
			{"invitations", c.openInvitations},
			{"workspaces", c.spaces},
			{"groups", c.groups},
		})
	}
	if err := c.table.print(c.streams.Out, "", true); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if c.wrong {
		return errNo
	}
	return nil
}

// runAll runs checks. What a person may not look at is unknown, and what cannot be looked at is wrong.
func (c *checkup) runAll(ctx context.Context, checks []check) {
	for _, check := range checks {
		err := check.run(ctx, check.name)
		switch {
		case ctx.Err() != nil:
			return
		case apierrors.IsForbidden(err):
			c.table.add(check.name, resultUnknown, "you may not look: the platform team can, with the same command")
		case err != nil:
			c.fault(check.name, strings.TrimPrefix(describe(err), "error: "))
		}
	}
}

func resultColor(column, cell string) color {
	if column != "RESULT" {
		return ""
	}
	return map[string]color{resultOK: green, resultWrong: red, resultUnknown: yellow}[cell]
}

func (c *checkup) ok(name, format string, args ...any) {
	c.table.add(name, resultOK, fmt.Sprintf(format, args...))
}

func (c *checkup) fault(name, message string) {
	c.wrong = true
	c.table.add(name, resultWrong, message)
}

// kinds checks that the API server serves the kinds.
func (c *checkup) kinds(ctx context.Context, name string) error {
	list := &v1alpha1.OrganizationList{}
	err := c.List(ctx, list, inNamespaceOf(c)...)
	if notInstalled(err) {
		return errors.New("the API server does not know Usher's kinds: install the chart or the manifest of a release, which have the CRDs")
	}
	if err != nil {
		return err
	}
	c.ok(name, "the API server knows Usher's kinds")
	return nil
}

// answer checks the way from the API server through the webhook to the operator's cache and back.
func (c *checkup) answer(ctx context.Context, name string) error {
	answer, err := c.whoami(ctx)
	if err != nil {
		return fmt.Errorf("%w: without webhooks nothing is refused by role; look at the operator's pods and their log", err)
	}
	c.operator = answer.Version
	c.ok(name, "the API server reaches the operator's webhooks, with a valid certificate")
	return nil
}
