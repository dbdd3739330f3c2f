// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

const (
	page  = "docs/performance.md"
	begin = "<!-- begin: make bench writes this -->\n"
	end   = "<!-- end -->\n"
)

// writePage writes the table into the page.
func writePage(ctx context.Context, root string, rows []row, now time.Time) error {
	path := filepath.Join(root, page)
	content, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	commit, err := exec.CommandContext(ctx, "git", "-C", root, "rev-parse", "--short", "HEAD").Output()
	if err != nil {
		return fmt.Errorf("cannot name the commit that was measured: %w", err)
	}
	measured := fmt.Sprintf("Commit %s, %s, %s, %d processors, %s.\n\n", strings.TrimSpace(string(commit)), now.Format(time.DateOnly),
		runtime.Version(), runtime.NumCPU(), runtime.GOARCH)
	changed, err := replaced(string(content), measured+table(rows))
	if err != nil {
		return err
	}
	return os.WriteFile(path, []byte(changed), 0o644)
}

// replaced puts a text between the marks of the page.
func replaced(content, text string) (string, error) {
	before, rest, begun := strings.Cut(content, begin)
	_, after, ended := strings.Cut(rest, end)
	if !begun || !ended {
		return "", fmt.Errorf("%s has no %q and %q between which the figures stand", page, strings.TrimSpace(begin), strings.TrimSpace(end))
	}
	return before + begin + "\n" + text + "\n" + end + after, nil
}
