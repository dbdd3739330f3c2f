// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"bytes"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/cli/people"
	"github.com/usher-operator/usher/internal/cli/spreadsheet"
	"github.com/usher-operator/usher/internal/effective"
)

func newExport(t *tool) *cobra.Command {
	cmd := &cobra.Command{
		Use: "export", Short: "Write the list of people for a spreadsheet", GroupID: groupFind,
		Long: "Write a CSV file with everybody: name, address, role, state, workspaces, modules, groups, last activity, and since " +
			"when. With --file, the file begins with a byte order mark, so that spreadsheets read accents.",
		Example: examples("export", "export --file /tmp/people.csv"),
		Args:    between(0, 0),
	}
	file := cmd.Flags().StringP("file", "f", "", "File to write. If unset, the standard output.")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		s, err := t.connect()
		if err != nil {
			return err
		}
		if _, err := s.organization(cmd.Context()); err != nil {
			return err
		}
		users, err := s.users(cmd.Context(), s.namespace)
		if err != nil {
			return err
		}
		rows := exported(users)
		if *file == "" {
			return spreadsheet.Write(t.streams.Out, rows)
		}
		text := bytes.NewBufferString("\ufeff")
		if err := spreadsheet.Write(text, rows); err != nil {
			return err
		}
		return os.WriteFile(*file, text.Bytes(), 0o600) // it has everybody's addresses
	}
	return cmd
}

func exported(users []v1alpha1.OrgUser) [][]string {
	rows := [][]string{{
		"Name", "Email", "Role", "State", "Access", "Workspaces", "Modules", "Groups", "Last active", "Created", "Invited by",
		"User name", "Object",
	}}
	for n := range users {
		u := &users[n]
		rows = append(rows, []string{
			people.NameOf(u), string(effective.EmailOf(u)), string(people.RoleOf(u)), string(u.Status.State), string(u.Spec.Access),
			allWorkspaces(u), joined(u.Status.Modules), joined(effective.KnownGroups(u)), u.Status.LastActive,
			u.CreationTimestamp.UTC().Format(time.RFC3339), u.Status.InvitedBy, u.Status.Username, u.Name,
		})
	}
	return rows
}
