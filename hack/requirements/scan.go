// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

var (
	// rowPattern matches "| ORG-28 (+) | the requirement | ...".
	rowPattern = regexp.MustCompile(`(?m)^\|\s*([A-Z]{2,}-\d+)\s*(?:\(\+\))?\s*\|\s*([^|]+?)\s*\|`)
	idPattern  = regexp.MustCompile(`\b[A-Z]{2,}-\d+\b`)
)

// requirement is one row of the table.
type requirement struct {
	id, text string
}

// parseRows returns the rows of every Markdown table in text, in order.
func parseRows(text string) []requirement {
	var rows []requirement
	for _, match := range rowPattern.FindAllStringSubmatch(text, -1) {
		rows = append(rows, requirement{id: match[1], text: match[2]})
	}
	return rows
}

// idsInTests returns every id in a test file below root.
func idsInTests(root string) (map[string]bool, error) {
	ids := map[string]bool{}
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && path != root && strings.HasPrefix(entry.Name(), ".") {
			return fs.SkipDir
		}
		if entry.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return nil
		}
		source, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, id := range idPattern.FindAllString(string(source), -1) {
			ids[id] = true
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("cannot search the tests below %s: %w", root, err)
	}
	return ids, nil
}
