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

// Kubectl runs kubectl as the cluster administrator and returns its output. If the exit status is not zero, the error
// includes the standard error.
func (e *Env) Kubectl(ctx context.Context, args ...string) (stdout, stderr string, err error) {
	return e.kubectl(ctx, "", args...)
}

// KubectlAs runs kubectl like Kubectl, and impersonates a user.
func (e *Env) KubectlAs(ctx context.Context, username string, args ...string) (stdout, stderr string, err error) {
	return e.kubectl(ctx, "", append([]string{"--as=" + username}, args...)...)
}

// KubectlInput runs kubectl like Kubectl, with the text as its standard input.
func (e *Env) KubectlInput(ctx context.Context, input string, args ...string) (stdout, stderr string, err error) {
	return e.kubectl(ctx, input, args...)
}

func (e *Env) kubectl(ctx context.Context, input string, args ...string) (string, string, error) {
	cmd := exec.CommandContext(ctx, filepath.Join(e.assets, "kubectl"), args...)
	cmd.Env = append(cmd.Environ(), e.KubectlEnv()...)
	var stdout, stderr bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(input), &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return stdout.String(), stderr.String(),
			fmt.Errorf("kubectl %s: %w: %s", strings.Join(args, " "), err, strings.TrimSpace(stderr.String()))
	}
	return stdout.String(), stderr.String(), nil
}

// KubectlEnv returns the environment in which a shell's kubectl is the control plane's own, as the cluster administrator. The discovery
// cache must be the control plane's own too: another one may have used the same port before.
func (e *Env) KubectlEnv() []string {
	return []string{
		"PATH=" + e.assets + string(filepath.ListSeparator) + os.Getenv("PATH"),
		"KUBECONFIG=" + e.kubeconfig(),
		"KUBECACHEDIR=" + filepath.Join(e.dir, "cache"),
	}
}
