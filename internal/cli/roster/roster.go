// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Package roster reads who is to be invited to what, from pasted addresses and from spreadsheets, and plans the Invitations for them. It
// has no client and no clock.
package roster

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/cli/spreadsheet"
	"github.com/usher-operator/usher/internal/emailaddr"
	"github.com/usher-operator/usher/internal/wording"
)

// Grant is what a person is invited to.
type Grant struct {
	Role       v1alpha1.Role
	Workspaces []v1alpha1.WorkspaceGrant
	Groups     []v1alpha1.ObjectName
	Modules    []v1alpha1.ObjectName
	Language   v1alpha1.LanguageTag
	Message    string
}

// Person is somebody to invite.
type Person struct {
	// Line is where the person is in the file, from 1; 0: there is no file.
	Line int
	emailaddr.Addressee
	Grant
}

// FromList returns the people of a pasted list, who are all invited to the same.
func FromList(entries []string, all Grant) ([]Person, error) {
	addressees, err := emailaddr.ParseLongList(entries)
	if err != nil {
		return nil, err
	}
	people := make([]Person, 0, len(addressees))
	for _, a := range addressees {
		people = append(people, Person{Addressee: a, Grant: all})
	}
	return people, nil
}

// Options say how to read a spreadsheet.
type Options struct {
	// All is what people are invited to where the spreadsheet says nothing.
	All Grant
	// Access is that of workspaces without one.
	Access v1alpha1.WorkspaceAccess
	// Ignored are the titles of columns that are not read.
	Ignored []string
}

// FromSpreadsheet returns the people of a CSV file, or everything that is wrong with it.
func FromSpreadsheet(file []byte, o Options) ([]Person, error) {
	rows, faults := spreadsheet.Read(file)
	if len(rows) == 0 && len(faults) == 0 {
		return nil, errors.New("the file is empty: write one person a line, below the titles of the columns: " + titlesHelp)
	}
	r := reader{Options: o, faults: faults, first: map[string]Person{}}
	if len(rows) > 0 && r.header(rows[0]) {
		rows = rows[1:]
	}
	if len(rows) == 0 && len(r.faults) == 0 {
		return nil, errors.New("the file has titles and no people")
	}
	for _, row := range rows {
		r.row(row)
	}
	if len(r.faults) > 0 {
		return nil, Faults(r.faults)
	}
	return r.people, nil
}

// Faults is everything that is wrong with a file.
type Faults []spreadsheet.Fault

// maxShown is how many faults are shown: who has that many looks for another reason.
const maxShown = 20

// Error returns one fault a line.
func (f Faults) Error() string {
	var lines []string
	for n, fault := range f {
		if n == maxShown {
			lines = append(lines, "and "+wording.Count(len(f)-n, "more fault", "more faults"))
			break
		}
		lines = append(lines, fault.Error())
	}
	return strings.Join(lines, "\n")
}

// reader gathers the people of a spreadsheet.
type reader struct {
	Options
	columns []column
	people  []Person
	first   map[string]Person
	faults  []spreadsheet.Fault
}

func (r *reader) fault(line, column int, message string) {
	r.faults = append(r.faults, spreadsheet.Fault{Line: line, Column: column, Message: message})
}

// row reads one person.
func (r *reader) row(row spreadsheet.Row) {
	before := len(r.faults)
	p := Person{Line: row.Line, Grant: r.All}
	for n, cell := range row.Cells {
		if n >= len(r.columns) {
			if cell != "" {
				r.fault(row.Line, n+1, "the line has more cells than there are columns: put a cell that contains a separator in quotes")
			}
			continue
		}
		if cell == "" && r.columns[n] != columnEmail {
			continue
		}
		if message := r.set(&p, r.columns[n], cell); message != "" {
			r.fault(row.Line, n+1, message)
		}
	}
	if len(r.faults) == before {
		r.add(p)
	}
}

// add adds a person. A line that repeats another one is no fault, one that says something else is.
func (r *reader) add(p Person) {
	key := emailaddr.Normalize(p.Email)
	first, known := r.first[key]
	switch {
	case p.Email == "":
		if slices.Contains(r.columns, columnEmail) { // else that is the fault, once
			r.fault(p.Line, 0, "the line has no address")
		}
	case !known:
		r.first[key] = p
		r.people = append(r.people, p)
	case !reflect.DeepEqual(first.Grant, p.Grant):
		r.fault(p.Line, 0, fmt.Sprintf("%s is on line %d already, with other values: keep one of the two", p.Email, first.Line))
	}
}
