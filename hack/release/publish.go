// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// publish moves the built files to where they belong. It replaces files that are there by the same ones only, unless it may overwrite.
func publish(built, dir string, overwrite bool) error {
	different, err := differences(built, dir)
	if err != nil {
		return err
	}
	if len(different) > 0 && !overwrite {
		return fmt.Errorf("%s was built before and differs in %s: move it away, or run `make release OVERWRITE=1`",
			dir, strings.Join(different, ", "))
	}
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	return os.Rename(built, dir)
}

// differences returns the names of the files that differ between two folders, or are in one of them only. If there is no second
// folder, nothing differs.
func differences(a, b string) ([]string, error) {
	former, err := os.ReadDir(b)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	now, err := os.ReadDir(a)
	if err != nil {
		return nil, err
	}
	var different []string
	for _, entry := range slices.Concat(former, now) {
		same, err := equal(filepath.Join(a, entry.Name()), filepath.Join(b, entry.Name()))
		if err != nil {
			return nil, err
		}
		if !same {
			different = append(different, entry.Name())
		}
	}
	slices.Sort(different)
	return slices.Compact(different), nil
}

func equal(a, b string) (bool, error) {
	one, err := os.ReadFile(a)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	other, err := os.ReadFile(b)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return bytes.Equal(one, other), err
}

// list prints the files of a version with their sizes.
func list(out io.Writer, dir string, took time.Duration) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	var sum int64
	for _, entry := range entries {
		info, err := entry.Info()
		if err != nil {
			return err
		}
		sum += info.Size()
		_, _ = fmt.Fprintf(out, "%9.1f kB  %s\n", float64(info.Size())/1e3, entry.Name())
	}
	_, err = fmt.Fprintf(out, "%s: %d files, %.1f MB, in %.0f s\n", dir, len(entries), float64(sum)/1e6, took.Seconds())
	return err
}
