// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Package plugin builds the kubectl plugin for tests that run it as people do.
package plugin

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"

	"github.com/usher-operator/usher/internal/testing/testenv"
)

// Build builds the plugin into a folder and returns the program's path.
func Build(ctx context.Context, dir string) (string, error) {
	root, err := testenv.RepoRoot()
	if err != nil {
		return "", err
	}
	program := filepath.Join(dir, "kubectl-usher")
	cmd := exec.CommandContext(ctx, "go", "build", "-buildvcs=false", "-trimpath", "-ldflags=-s -w", "-o", program,
		"./cmd/kubectl-usher")
	cmd.Dir = root
	if output, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the plugin: %w\n%s", err, output)
	}
	return program, nil
}
