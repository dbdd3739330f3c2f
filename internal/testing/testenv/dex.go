// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package testenv

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Dex returns the path of the identity provider's program. It is beside the control plane, unless that is one that was not built here:
// then hack/devcluster builds Dex, or finds the one that it has built for another checkout.
func Dex(ctx context.Context) (string, error) {
	const program = "dex"
	if path := filepath.Join(os.Getenv(assetsVariable), program); filepath.IsAbs(path) && isFile(path) {
		return path, nil
	}
	root, err := RepoRoot()
	if err != nil {
		return "", err
	}
	cmd := exec.CommandContext(ctx, "go", "-C", filepath.Join(root, "hack", "devcluster"), "run", ".", "bin", "--dir", root)
	cmd.Env = append(os.Environ(), "GOFLAGS=-buildvcs=false -trimpath", "CGO_ENABLED=0")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	bin, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("build Dex: %w:\n%s", err, stderr.String())
	}
	return filepath.Join(strings.TrimSpace(string(bin)), program), nil
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}
