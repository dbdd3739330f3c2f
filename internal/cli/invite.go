// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/cli/roster"
)

type inviteCommand struct {
	*tool
	output            *output
	dryRun            *dryRun
	fromCSV           string
	role              string
	workspaces        []string
	access            string
	groups, modules   []string
	language, message string
	ignored           []string
	yes, yaml, wait   bool
	timeout           time.Duration
}

func newInvite(t *tool) *cobra.Command {
	c := &inviteCommand{tool: t}
	cmd := &cobra.Command{
		Use:     "invite ADDRESSES... | --from-csv FILE | -",
		Short:   "Invite people",
		GroupID: groupChange,
		Long: "Invite people by mail. ADDRESSES are pasted as they are: separated by spaces, commas, semicolons or line breaks, with " +
			"names or without, as in \"Ana Pérez <ana@acme.example>\". With -, they are read from the standard input.\n\n" +
			"With --from-csv, each line of a spreadsheet is a person. The first line has the titles of the columns: email, name, role, " +
			"workspaces (as in \"support:Edit, sales\"), groups, modules, language, message; or correo, nombre, apellidos, rol, " +
			"espacios, grupos, módulos, idioma, mensaje. What a line leaves empty, the flags say. Nobody is invited if something is " +
			"wrong with the file.\n\n" +
			"People who are users, or are invited already, are left alone: after a fault, the same command goes on where it stopped.",
		Example: examples("invite zoe@acme.example max@acme.example --workspace support:Edit --dry-run=server",
			"invite 'Zoe Sanz <zoe@acme.example>; max@acme.example' --role Member --message 'Welcome to the team' -o yaml"),
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error { return c.run(cmd.Context(), args) },
	}
	c.output = addOutput(cmd)
	c.dryRun = addDryRun(cmd)
	flags := cmd.Flags()
	flags.StringVar(&c.fromCSV, "from-csv", "", "CSV file of a spreadsheet, or - for the standard input.")
	flags.StringVar(&c.role, "role", string(v1alpha1.RoleMember), "Role of those for whom the file names none.")
	flags.StringSliceVar(&c.workspaces, "workspace", nil, "Workspaces, each with its access, as in support:Edit.")
	flags.StringVar(&c.access, "access", string(v1alpha1.WorkspaceView), "Access to workspaces named without: Admin, Edit or View.")
	flags.StringSliceVar(&c.groups, "group", nil, "Groups.")
	flags.StringSliceVar(&c.modules, "module", nil, "Modules. Each takes a seat for each person.")
	flags.StringVar(&c.language, "language", "", "Language of mails and pages, such as es or en.")
	flags.StringVar(&c.message, "message", "", "Text for the mail.")
	flags.StringArrayVar(&c.ignored, "ignore-column", nil, "Title of a column of the file that is not to be read. May be repeated.")
	flags.BoolVarP(&c.yes, "yes", "y", false, "Do not ask.")
	flags.BoolVar(&c.yaml, "yaml", false, "Print the Invitations as YAML, for Git, and invite nobody; the same as -o yaml.")
	flags.BoolVar(&c.wait, "wait", false, "Show who accepts, until all have answered.")
	flags.DurationVar(&c.timeout, "timeout", 0, "How long to wait, as in 30m. Zero: until interrupted.")
	t.completeRoles(cmd, "role")
	must(cmd.RegisterFlagCompletionFunc("workspace", t.completeFlagWorkspaces))
	return cmd
}

func (c *inviteCommand) run(ctx context.Context, args []string) error {
	if c.yaml {
		*c.output.flags.OutputFormat = "yaml"
	}
	if err := errors.Join(c.output.check(), c.dryRun.check()); err != nil {
		return err
	}
	people, err := c.people(args)
	if err != nil {
		return err
	}
	s, err := c.connect()
	if err != nil {
		return err
	}
	if c.output.isObject() {
		return c.printInvitations(roster.Plan(s.namespace, people))
	}
	i := &inviting{inviteCommand: c, session: s}
	return i.run(ctx, people)
}

// people returns whom to invite, as the command line or the file says.
func (c *inviteCommand) people(args []string) ([]roster.Person, error) {
	all, access, err := c.grant()
	if err != nil {
		return nil, err
	}
	switch {
	case c.fromCSV != "" && len(args) > 0:
		return nil, errors.New("name people either on the command line or in the file of --from-csv")
	case c.fromCSV != "":
		file, err := c.read(c.fromCSV)
		if err != nil {
			return nil, err
		}
		people, err := roster.FromSpreadsheet(file, roster.Options{All: all, Access: access, Ignored: c.ignored})
		if err != nil {
			return nil, fmt.Errorf("nobody is invited, because of the file %s:\n%w", c.fromCSV, err)
		}
		return people, nil
	case len(args) == 0 && c.asking:
		args = []string{probe}
	case len(args) == 0:
		return nil, errors.New("name the people to invite: their addresses, --from-csv FILE, or - for the standard input")
	}
	if len(args) == 1 && args[0] == "-" {
		text, err := c.read("-")
		if err != nil {
			return nil, err
		}
		args = []string{string(text)}
	}
	people, err := roster.FromList(args, all)
	if err != nil {
		return nil, fmt.Errorf("nobody is invited, because of the addresses: %w", err)
	}
	return people, nil
}

// grant returns what the flags say.
func (c *inviteCommand) grant() (roster.Grant, v1alpha1.WorkspaceAccess, error) {
	var g roster.Grant
	access, err := roster.ParseAccess(c.access, v1alpha1.WorkspaceView)
	if err != nil {
		return g, access, fmt.Errorf("--access: %w", err)
	}
	steps := []struct {
		flag string
		set  func() error
	}{
		{"role", func() (err error) { g.Role, err = roster.ParseRole(c.role); return err }},
		{"workspace", func() (err error) { g.Workspaces, err = roster.ParseWorkspaces(c.workspaces, access); return err }},
		{"group", func() (err error) { g.Groups, err = roster.ParseNames("group", c.groups); return err }},
		{"module", func() (err error) { g.Modules, err = roster.ParseNames("module", c.modules); return err }},
		{"message", func() (err error) { g.Message, err = roster.ParseMessage(c.message); return err }},
	}
	for _, step := range steps {
		if err := step.set(); err != nil {
			return g, access, fmt.Errorf("--%s: %w", step.flag, err)
		}
	}
	if c.language != "" {
		if g.Language, err = roster.ParseLanguage(c.language); err != nil {
			return g, access, fmt.Errorf("--language: %w", err)
		}
	}
	return g, access, nil
}

func (c *inviteCommand) read(file string) ([]byte, error) {
	if file == "-" {
		return io.ReadAll(c.streams.In)
	}
	return os.ReadFile(file)
}

func (c *inviteCommand) printInvitations(batches []roster.Batch) error {
	for _, b := range batches {
		if err := c.output.printManifest(c.streams, b.Invitation); err != nil {
			return err
		}
	}
	return nil
}

// understood shows whom a command is going to invite, and to what.
func (c *inviteCommand) understood(w io.Writer, people []roster.Person) error {
	t := table{header: []string{"EMAIL", "NAME", "ROLE", "WORKSPACES", "GROUPS", "MODULES", "MESSAGE"}}
	for _, p := range people {
		workspaces := make([]string, 0, len(p.Workspaces))
		for _, w := range p.Workspaces {
			workspaces = append(workspaces, fmt.Sprintf("%s (%s)", w.Name, w.Access))
		}
		t.add(p.Email, orNone(p.Name), string(p.Role), orNone(strings.Join(workspaces, ", ")), orNone(joined(p.Groups)),
			orNone(joined(p.Modules)), orNone(begin(p.Message)))
	}
	if err := t.print(w, "", true); err != nil {
		return err
	}
	_, err := fmt.Fprintln(w)
	return err
}

// begin returns the beginning of a message, for a table.
func begin(message string) string {
	const most = 30
	if runes := []rune(message); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return message
}
