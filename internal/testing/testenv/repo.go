// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package testenv

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// assetsVariable names the environment variable that holds the directory of the control plane's binaries.
const assetsVariable = "KUBEBUILDER_ASSETS"

// RepoRoot returns the directory of the main module's go.mod. It searches upwards from the working directory, which for a
// test is its package's directory.
func RepoRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("find the working directory: %w", err)
	}
	for start := dir; ; dir = filepath.Dir(dir) {
		_, err := os.Stat(filepath.Join(dir, "go.mod"))
		if err == nil {
			return dir, nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return "", fmt.Errorf("look for go.mod: %w", err)
		}
		if dir == filepath.Dir(dir) {
			return "", fmt.Errorf("no go.mod in %s or above it: run the tests inside the repository", start)
		}
	}
}

// assetsDir returns the directory of the control plane's binaries and checks that none is missing.
func assetsDir() (string, error) {
	dir := os.Getenv(assetsVariable)
	if dir == "" {
		return "", fmt.Errorf("%s is not set: run the tests with `make test`, which builds the control plane and sets it",
			assetsVariable)
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", fmt.Errorf("resolve %s: %w", assetsVariable, err)
	}
	for _, name := range []string{"etcd", "kube-apiserver", "kube-controller-manager", "kubectl"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			return "", fmt.Errorf("%s=%s lacks %s: run the tests with `make test`, which builds it: %w",
				assetsVariable, dir, name, err)
		}
	}
	return dir, nil
}
