// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Package helm runs Helm, as hack/tools/helm pins it, for tests.
package helm

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/usher-operator/usher/internal/testing/testenv"
)

// Helm is the built program.
type Helm struct {
	program string
	env     []string
	dir     string
}

// Build builds Helm, or finds it in the build cache, with the flags of the Makefile, whatever those of the tests. Commands run in the
// root of the repository, with the environment in addition to the test's, for example that of a control plane's kubectl.
func Build(ctx context.Context, env ...string) (*Helm, error) {
	root, err := testenv.RepoRoot()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, "go", "tool", "-modfile="+filepath.Join(root, "hack", "tools", "helm", "go.mod"), "-n", "helm")
	cmd.Dir, cmd.Env = root, append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=-trimpath")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	path, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("build Helm: %w: %s", err, stderr.String())
	}
	return &Helm{program: strings.TrimSpace(string(path)), env: env, dir: root}, nil
}

// Program returns the path of the program, for those who type commands.
func (h *Helm) Program() string { return h.program }

// Run runs a command and returns its output. If the exit status is not zero, the error includes the standard error.
func (h *Helm) Run(ctx context.Context, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, h.program, args...)
	cmd.Dir, cmd.Env = h.dir, append(os.Environ(), h.env...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return stdout.String(), fmt.Errorf("helm %s: %w: %s", strings.Join(args, " "), err, strings.TrimSpace(stderr.String()))
	}
	return stdout.String(), nil
}
