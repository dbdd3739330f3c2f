// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Command requirements prints the rows of the requirements table that no test names yet.
//
// A test proves a row by having its id in its text, for example It("ORG-12 ..."). The list is for information: it makes nothing
// fail.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
)

func main() {
	table := flag.String("table", "docs/requirements.md", "path of the requirements: Markdown tables with ids in the first column")
	root := flag.String("root", ".", "folder whose *_test.go files are searched")
	flag.Parse()
	if err := run(os.Stdout, *table, *root); err != nil {
		fmt.Fprintln(os.Stderr, "requirements:", err)
		os.Exit(1)
	}
}

// run writes the report on table and root to out.
func run(out io.Writer, table, root string) error {
	text, err := os.ReadFile(table)
	if err != nil {
		return fmt.Errorf("cannot read the requirements, set -table to their file: %w", err)
	}
	rows := parseRows(string(text))
	if len(rows) == 0 {
		return fmt.Errorf("%s: no table row starts with an id such as ORG-1", table)
	}
	named, err := idsInTests(root)
	if err != nil {
		return err
	}
	missing := 0
	for _, row := range rows {
		if !named[row.id] {
			missing++
			if _, err := fmt.Fprintf(out, "%-8s %s\n", row.id, row.text); err != nil {
				return err
			}
		}
	}
	_, err = fmt.Fprintf(out, "%d of %d requirements are named by a test; %d are not.\n", len(rows)-missing, len(rows), missing)
	return err
}
