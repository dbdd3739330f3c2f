// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/usher-operator/usher/internal/cli/login"
)

func newLogout(t *tool) *cobra.Command {
	cmd := &cobra.Command{
		Use: "logout", Short: "Delete your login from this computer", GroupID: groupLogin,
		Long: "Delete your login from this computer, and have the identity provider end it if it can. kubectl asks you to log in the " +
			"next time. In a browser you may still be logged in at the identity provider.",
		Example: examples("logout", "logout --context acme@production"),
		Args:    between(0, 0),
	}
	flags := &loginFlags{}
	flags.bind(cmd.Flags())
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		client, err := t.loginClient(flags)
		if err != nil {
			return err
		}
		tool, err := t.loginTool(true)
		if err != nil {
			return err
		}
		outcome, err := tool.Logout(cmd.Context(), client)
		if err != nil {
			return err
		}
		return t.sayLoggedOut(client, outcome)
	}
	return cmd
}

func (t *tool) sayLoggedOut(c login.Client, outcome login.Outcome) error {
	if outcome.Trouble != nil {
		fmt.Fprintf(t.streams.ErrOut, "Warning: %v\n", outcome.Trouble)
	}
	said := "Nobody was logged in."
	switch {
	case outcome.Revoked:
		said = fmt.Sprintf("%s is logged out, and %s has ended the login.", outcome.User, c.IssuerURL)
	case outcome.User != "":
		said = fmt.Sprintf("%s is logged out of this computer.", outcome.User)
	}
	_, err := fmt.Fprintln(t.streams.Out, said)
	return err
}
