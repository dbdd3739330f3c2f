// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Package spreadsheet writes and reads the CSV files of spreadsheets. It has no client and no clock.
package spreadsheet

import (
	"encoding/csv"
	"io"
	"strings"
)

// Write writes rows as CSV. A cell that a spreadsheet would take for a formula gets an apostrophe, which spreadsheets do not show: a name
// or a message must not run anything in the file of whoever opens it.
func Write(w io.Writer, rows [][]string) error {
	out := csv.NewWriter(w)
	for _, row := range rows {
		safe := make([]string, 0, len(row))
		for _, cell := range row {
			safe = append(safe, Safe(cell))
		}
		if err := out.Write(safe); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// formulaStarts are the characters with which a formula begins, in narrow and in wide form, and those that spreadsheets skip before one.
const formulaStarts = "=+-@\t\r\n＝＋－＠"

// Safe returns a cell that no spreadsheet takes for a formula.
func Safe(cell string) string {
	if strings.IndexAny(cell, formulaStarts) == 0 || strings.IndexAny(strings.TrimSpace(cell), formulaStarts) == 0 {
		return "'" + cell
	}
	return cell
}
