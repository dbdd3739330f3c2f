// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

// between refuses another number of words than a command takes, and says which words it takes.
func between(least, most int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) >= least && len(args) <= most {
			return nil
		}
		given := "and got none"
		if len(args) > 0 {
			given = fmt.Sprintf("and got %q", strings.Join(args, " "))
		}
		_, takes, _ := strings.Cut(cmd.Use, " ")
		if takes == "" {
			takes = "no words"
		}
		return fmt.Errorf("%s takes %s, %s: see %s --help", cmd.CommandPath(), takes, given, cmd.CommandPath())
	}
}

// below returns all commands below one.
func below(cmd *cobra.Command) []*cobra.Command {
	all := cmd.Commands()
	for _, next := range cmd.Commands() {
		all = append(all, below(next)...)
	}
	return all
}

// noCommand refuses a word that is no command, and says which one may be meant.
func noCommand(root *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	message := fmt.Sprintf("there is no command %q", strings.TrimPrefix(root.CommandPath()+" "+args[0], name+" "))
	if near := root.SuggestionsFor(args[0]); len(near) > 0 {
		return fmt.Errorf("%s: did you mean %s?", message, strings.Join(near, " or "))
	}
	return fmt.Errorf("%s: see %s --help", message, root.CommandPath())
}

// wrongFlag says where the flags of a command are listed.
func wrongFlag(cmd *cobra.Command, err error) error {
	return fmt.Errorf("%w: see %s --help", err, cmd.CommandPath())
}

// fitHelp has the help of all commands fit on a screen.
func fitHelp(root *cobra.Command, s screen) {
	if s.width == 0 {
		return
	}
	for _, cmd := range append(below(root), root) {
		cmd.Long = s.prose(cmd.Long)
	}
	root.SetUsageTemplate(strings.ReplaceAll(root.UsageTemplate(), ".FlagUsages", fmt.Sprintf(".FlagUsagesWrapped %d", s.width)))
}
