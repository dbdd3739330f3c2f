// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/usher-operator/usher/api/v1alpha1"
)

func newDirectory(t *tool) *cobra.Command {
	cmd := &cobra.Command{
		Use: "directory", Short: "See and manage the organization's directory", GroupID: groupFind,
		Long: "See and manage the directory that sends people to the organization, such as Entra ID or Okta. Without a further command, " +
			"show its state.",
		Example: examples("directory status", "directory token create entra --dry-run=server", "directory pause --dry-run=server",
			"directory allow --for 2h --dry-run=server"),
		Args: noCommand,
	}
	cmd.SuggestionsMinimumDistance = 2
	status := newDirectoryStatus(t)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		status.SetContext(cmd.Context())
		return status.RunE(status, nil)
	}
	addBelow(cmd, status, newDirectoryToken(t), newDirectoryPause(t), newDirectoryResume(t), newDirectoryAllow(t))
	return cmd
}

// addBelow adds commands to one that is not the first word.
func addBelow(cmd *cobra.Command, commands ...*cobra.Command) {
	cmd.AddGroup(&cobra.Group{ID: groupFind, Title: "Find out:"}, &cobra.Group{ID: groupChange, Title: "Change:"})
	cmd.AddCommand(commands...)
}

// changeDirectory changes what the organization says about its directory.
func (c *changeFlags) changeDirectory(ctx context.Context, done string, change func(*v1alpha1.Directory)) error {
	if err := c.check(); err != nil {
		return err
	}
	s, err := c.connect()
	if err != nil {
		return err
	}
	o, err := s.organization(ctx)
	if err != nil {
		return err
	}
	return applyTo(ctx, c, s, o, "The directory of organization "+o.Name, done, func(o *v1alpha1.Organization) error {
		change(&o.Spec.Directory)
		return nil
	})
}

func newDirectoryPause(t *tool) *cobra.Command {
	cmd := &cobra.Command{
		Use: "pause", Short: "Refuse everything that the directory wants", GroupID: groupChange,
		Long: "Refuse every request of the directory, until it is resumed. Accounts and access stay as they are, and the tokens stay " +
			"valid. The directory sends again what it could not.",
		Example: examples("directory pause --dry-run=server", "directory pause --yaml"),
		Args:    between(0, 0),
	}
	c := t.addChangeFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return c.changeDirectory(cmd.Context(), "is paused", func(d *v1alpha1.Directory) { d.Paused = true })
	}
	return cmd
}

func newDirectoryResume(t *tool) *cobra.Command {
	cmd := &cobra.Command{
		Use: "resume", Short: "Let the directory go on", GroupID: groupChange,
		Long:    "Let the directory go on that was paused.",
		Example: examples("directory resume --dry-run=server", "directory resume --yaml"),
		Args:    between(0, 0),
	}
	c := t.addChangeFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return c.changeDirectory(cmd.Context(), "goes on", func(d *v1alpha1.Directory) { d.Paused = false })
	}
	return cmd
}

// maxAllowed is for how long the limit can be set aside at once. Whoever wants no limit says so in spec.directory.protection.
const maxAllowed = 7 * 24 * time.Hour

func newDirectoryAllow(t *tool) *cobra.Command {
	cmd := &cobra.Command{
		Use: "allow", Short: "Let the directory suspend and delete as many people as it wants, for a time", GroupID: groupChange,
		Long: "Set the limit aside on how many people the directory can suspend and delete, for a time. Look first at what it wants: " +
			"it sends again what was refused. What it did before counts no longer.",
		Example: examples("directory allow --dry-run=server", "directory allow --for 4h --dry-run=server"),
		Args:    between(0, 0),
	}
	c := t.addChangeFlags(cmd)
	span := cmd.Flags().Duration("for", time.Hour, "For how long, at most 168h.")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if *span <= 0 || *span > maxAllowed {
			return fmt.Errorf("--for: choose a time between 1m and %dh, not %s", int(maxAllowed.Hours()), *span)
		}
		until := metav1.NewTime(t.now().Add(*span).UTC().Truncate(time.Second))
		done := "can suspend and delete as many people as it wants until " + until.Format(timeFormat)
		return c.changeDirectory(cmd.Context(), done, func(d *v1alpha1.Directory) { d.Protection.AllowUntil = &until })
	}
	return cmd
}
