// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package roster

import (
	"fmt"
	"slices"
	"strings"

	"github.com/usher-operator/usher/internal/cli/people"
	"github.com/usher-operator/usher/internal/cli/spreadsheet"
)

// column is what a column of a spreadsheet holds.
type column string

const (
	columnIgnored    column = ""
	columnEmail      column = "email"
	columnName       column = "name"
	columnFirstName  column = "first name"
	columnLastName   column = "last name"
	columnRole       column = "role"
	columnWorkspaces column = "workspaces"
	columnGroups     column = "groups"
	columnModules    column = "modules"
	columnLanguage   column = "language"
	columnMessage    column = "message"
)

// titlesHelp lists the titles for messages.
const titlesHelp = "email, name (or first name and last name), role, workspaces, groups, modules, language, message; or in Spanish " +
	"correo, nombre, apellidos, rol, espacios, grupos, módulos, idioma, mensaje"

// titles are the titles that columns have in spreadsheets, in English and Spanish, without capitals, accents and marks.
var titles = map[string]column{
	"email": columnEmail, "e mail": columnEmail, "mail": columnEmail, "email address": columnEmail, "e mail address": columnEmail,
	"correo": columnEmail, "correo electronico": columnEmail, "direccion de correo": columnEmail,
	"direccion de correo electronico": columnEmail,
	"name":                            columnName, "full name": columnName, "display name": columnName, "nombre": columnName,
	"nombre completo": columnName, "nombre y apellidos": columnName,
	"first name": columnFirstName, "given name": columnFirstName, "nombre de pila": columnFirstName,
	"last name": columnLastName, "surname": columnLastName, "family name": columnLastName, "apellido": columnLastName,
	"apellidos": columnLastName,
	"role":      columnRole, "rol": columnRole,
	"workspace": columnWorkspaces, "workspaces": columnWorkspaces, "espacio": columnWorkspaces, "espacios": columnWorkspaces,
	"espacio de trabajo": columnWorkspaces, "espacios de trabajo": columnWorkspaces,
	"group": columnGroups, "groups": columnGroups, "grupo": columnGroups, "grupos": columnGroups,
	"module": columnModules, "modules": columnModules, "modulo": columnModules, "modulos": columnModules,
	"language": columnLanguage, "lang": columnLanguage, "idioma": columnLanguage,
	"message": columnMessage, "mensaje": columnMessage,
}

func columnOf(title string) (column, bool) {
	c, known := titles[plainTitle(title)]
	return c, known
}

// plainTitle returns a title without capitals, accents and marks.
func plainTitle(title string) string {
	words := strings.FieldsFunc(people.Fold(title), func(r rune) bool { return strings.ContainsRune(" -_*:.", r) })
	return strings.Join(words, " ")
}

// header reads the titles of the columns. It reports whether the row has titles: a file of one column need not.
func (r *reader) header(row spreadsheet.Row) bool {
	isTitle := func(cell string) bool { _, known := columnOf(cell); return known }
	isAddress := func(cell string) bool { return strings.Contains(cell, "@") }
	if slices.ContainsFunc(row.Cells, isAddress) || !slices.ContainsFunc(row.Cells, isTitle) {
		r.columns = []column{columnEmail}
		if len(row.Cells) > 1 {
			r.fault(row.Line, 0, "the first line must have the titles of the columns: "+titlesHelp)
			r.columns = make([]column, len(row.Cells))
		}
		return false
	}
	seen := map[column]int{}
	for n, cell := range row.Cells {
		c := r.title(row.Line, n+1, cell)
		if earlier, twice := seen[c]; twice && c != columnIgnored {
			r.fault(row.Line, n+1, fmt.Sprintf("%q means the same as column %d: keep one of the two", cell, earlier))
			c = columnIgnored
		}
		seen[c] = n + 1
		r.columns = append(r.columns, c)
	}
	if _, has := seen[columnEmail]; !has {
		r.fault(row.Line, 0, "no column has the addresses: give it the title email or correo")
	}
	// In Spanish the column "nombre" beside "apellidos" has first names.
	if n := slices.Index(r.columns, columnName); n >= 0 && slices.Contains(r.columns, columnLastName) {
		r.columns[n] = columnFirstName
	}
	return true
}

func (r *reader) title(line, number int, cell string) column {
	if cell == "" || slices.ContainsFunc(r.Ignored, func(i string) bool { return plainTitle(i) == plainTitle(cell) }) {
		return columnIgnored
	}
	c, known := columnOf(cell)
	if !known {
		r.fault(line, number, fmt.Sprintf("there is no column %q: rename it to one of %s; or ignore it with --ignore-column=%q",
			cell, titlesHelp, cell))
	}
	return c
}
