// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package notice

import (
	"bytes"
	"encoding/csv"
	"strconv"
	"strings"
	"time"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
)

// columns are the header of a report's table. Programs read it, so it is the same in every language.
var columns = []string{
	"record", "name", "email", "role", "access", "state", "workspaces", "modules", "last_active", "invitation", "expires",
	"seats", "used",
}

// row is one line of the table, in the order of columns.
type row struct {
	record, name, email, role, access, state, workspaces, modules, lastActive, invitation, expires, seats, used string
}

func (r row) cells() []string {
	return []string{
		r.record, r.name, r.email, r.role, r.access, r.state, r.workspaces, r.modules, r.lastActive, r.invitation, r.expires,
		r.seats, r.used,
	}
}

// CSV returns the report as a table by RFC 4180, in UTF-8: one record a line, of the kinds user, invitation and module. Times are in
// RFC 3339, lists are separated by spaces. A cell that a spreadsheet would take for a formula begins with an apostrophe.
func (r *Report) CSV() []byte {
	var table bytes.Buffer
	w := csv.NewWriter(&table)
	w.UseCRLF = true
	write := func(cells []string) { _ = w.Write(cells) } // a buffer never fails
	write(columns)
	for _, line := range r.rows() {
		cells := line.cells()
		for i := range cells {
			cells[i] = noFormula(cells[i])
		}
		write(cells)
	}
	w.Flush()
	return table.Bytes()
}

func (r *Report) rows() []row {
	rows := make([]row, 0, len(r.people)+len(r.Pending)+len(r.Seats))
	for _, u := range r.people {
		rows = append(rows, r.userRow(u))
	}
	for _, p := range r.Pending {
		line := row{
			record: "invitation", email: p.Email, role: string(p.Role), state: string(p.State), invitation: p.Invitation,
		}
		if !p.Expires.IsZero() {
			line.expires = p.Expires.In(effective.LocationOf(r.snapshot.Organization)).Format(time.RFC3339)
		}
		rows = append(rows, line)
	}
	for _, s := range r.Seats {
		rows = append(rows, row{
			record: "module", name: s.Module, seats: strconv.Itoa(int(s.Seats)), used: strconv.Itoa(int(s.Used)),
		})
	}
	return rows
}

func (r *Report) userRow(u *v1alpha1.OrgUser) row {
	line := row{
		record: "user", name: effective.DisplayNameOf(u, u.Status.Registration), email: string(effective.EmailOf(u)),
		role: string(roleOf(u)), access: string(u.Spec.Access), state: string(stateOf(u)), lastActive: u.Status.LastActive,
	}
	if access := r.snapshot.accessOf(u); access != "" {
		line.access = string(access)
	}
	var workspaces, modules []string
	for _, grant := range u.Status.Workspaces {
		if r.snapshot.Workspace == nil || grant.Name == r.snapshot.Workspace.Name {
			workspaces = append(workspaces, grant.Name+":"+string(grant.Access))
		}
	}
	for _, m := range u.Status.Modules {
		modules = append(modules, string(m))
	}
	line.workspaces, line.modules = strings.Join(workspaces, " "), strings.Join(modules, " ")
	return line
}

// noFormula keeps spreadsheets from running what somebody has written into a name.
func noFormula(cell string) string {
	if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
		return "'" + cell
	}
	return cell
}
