// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Package cli is kubectl usher, the plugin with which people do their daily work in an organization. It acts as the person whom the
// kubeconfig names, and only through the API server: RBAC and the webhooks decide as they do for kubectl. It computes nothing that is in
// force. It reads the status that the operator has written, and asks the pure packages for the rest.
package cli

import (
	"context"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/usher-operator/usher/internal/version"
)

// name is how people call the plugin.
const name = "kubectl usher"

// tool is what all commands share.
type tool struct {
	streams genericiooptions.IOStreams
	config  *genericclioptions.ConfigFlags
	now     func() time.Time
	// asking is true for a command that runs for its answer only, see can.
	asking bool
}

// Run runs a command line, without the name of the program, and returns the exit code.
func Run(ctx context.Context, streams genericiooptions.IOStreams, args []string) int {
	root := NewCommand(streams)
	root.SetArgs(args)
	return report(streams.ErrOut, root.ExecuteContext(ctx))
}

// Groups of commands in the help.
const (
	groupFind   = "find"
	groupChange = "change"
	groupLogin  = "login"
)

// NewCommand returns the tree of all commands.
func NewCommand(streams genericiooptions.IOStreams) *cobra.Command { return newTool(streams).command() }

func newTool(streams genericiooptions.IOStreams) *tool {
	return &tool{streams: streams, config: genericclioptions.NewConfigFlags(true), now: time.Now}
}

func (t *tool) command() *cobra.Command {
	root := &cobra.Command{
		Use:   "kubectl-usher",
		Short: "Manage the people of an organization",
		Long: "Manage the people of an organization: who they are, what they have and why.\n\n" +
			"The organization is the one of the namespace: of the current context, or of --namespace.",
		Annotations:   map[string]string{cobra.CommandDisplayNameAnnotation: name},
		Version:       version.String(),
		Args:          noCommand,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SetIn(t.streams.In)
	root.SetOut(t.streams.Out)
	root.SetErr(t.streams.ErrOut)
	root.SuggestionsMinimumDistance = 2
	root.SetFlagErrorFunc(wrongFlag)
	root.AddGroup(&cobra.Group{ID: groupFind, Title: "Find out:"}, &cobra.Group{ID: groupChange, Title: "Change:"},
		&cobra.Group{ID: groupLogin, Title: "Log in:"})
	t.config.AddFlags(root.PersistentFlags())
	root.PersistentFlags().VisitAll(hideRare)
	must(root.RegisterFlagCompletionFunc("namespace", t.completeNamespaces))
	for _, add := range commands() {
		root.AddCommand(add(t))
	}
	fitHelp(root, screenOf(t.streams.Out))
	return root
}

// commands lists the commands in the order of the help.
func commands() []func(*tool) *cobra.Command {
	return []func(*tool) *cobra.Command{
		newWhoami, newCan, newUsers, newUser, newWorkspaces, newSeats, newTree, newWhy, newCheck,
		newInvite, newRemove, newSuspend, newResume, newRole, newGrant, newRevoke, newResend, newMoveAdmin, newDirectory, newExport,
		newLogin, newLogout,
	}
}

// usualFlags are those of kubectl's own flags that the help of each command lists. The others work as well.
var usualFlags = map[string]bool{"namespace": true, "context": true, "as": true, "kubeconfig": true}

func hideRare(flag *pflag.Flag) { flag.Hidden = !usualFlags[flag.Name] }

// must panics on an error that only a programmer can cause.
func must(err error) {
	if err != nil {
		panic(err)
	}
}
