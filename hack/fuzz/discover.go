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

// fuzzer is one fuzz test, and what it has done.
type fuzzer struct {
	// folder is that of its package, from the root of the repository.
	folder string
	// name is the function's.
	name string

	executions  int64
	interesting int
	took        float64
	// finding is the end of what it printed when it failed; empty: it has not.
	finding string
}

// title names a fuzzer among all: several packages have one of the same name.
func (f *fuzzer) title() string {
	return strings.TrimPrefix(filepath.ToSlash(f.folder), "internal/") + "." + f.name
}

var declaration = regexp.MustCompile(`(?m)^func (Fuzz\w+)\(f \*testing\.F\)`)

// discover returns the fuzzers below a folder whose title matches, in the order of their packages.
func discover(root string, wanted *regexp.Regexp) ([]*fuzzer, error) {
	var all []*fuzzer
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && path != root && (strings.HasPrefix(entry.Name(), ".") || entry.Name() == "node_modules"):
			return filepath.SkipDir
		case entry.IsDir() || !strings.HasSuffix(path, "_test.go"):
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		folder, err := filepath.Rel(root, filepath.Dir(path))
		if err != nil {
			return err
		}
		for _, found := range declaration.FindAllSubmatch(text, -1) {
			if f := (&fuzzer{folder: folder, name: string(found[1])}); wanted.MatchString(f.title()) {
				all = append(all, f)
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("cannot look for fuzzers: %w", err)
	}
	return all, nil
}
