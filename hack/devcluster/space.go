// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

const (
	mib = 1 << 20
	// runSpace is for etcd's data, logs, mails, the operator and the mailbox.
	runSpace = 200 * mib
	// resumeSpace is for a cluster that has data already.
	resumeSpace = 50 * mib
	// buildSpace is for Go's build cache (3.7 GB) and the modules (0.6 GB), which are usually on one disk.
	buildSpace = 4500 * mib
	// cacheSpace is for the programs of the control plane.
	cacheSpace = 400 * mib
)

// requireSpace returns an error when less than need bytes are free at path, which need not exist yet.
func requireSpace(path string, need uint64, what string) error {
	existing := path
	for {
		_, err := os.Stat(existing)
		if err == nil {
			break
		}
		parent := filepath.Dir(existing)
		if !errors.Is(err, fs.ErrNotExist) || parent == existing {
			return err
		}
		existing = parent
	}
	var stat syscall.Statfs_t
	if err := syscall.Statfs(existing, &stat); err != nil {
		return fmt.Errorf("cannot determine how much space is left at %s: %w", existing, err)
	}
	if left := stat.Bavail * uint64(stat.Bsize); left < need {
		return fmt.Errorf("no space left at %s: %d MB are free, %s needs about %d MB: free some space and run the command again",
			path, left/mib, what, need/mib)
	}
	return nil
}
