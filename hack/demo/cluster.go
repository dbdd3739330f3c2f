// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// cluster is the running development cluster of a checkout.
type cluster struct {
	root string
	// data is the directory of the cluster's files, .dev in the checkout unless somebody has chosen another one.
	data string
	env  map[string]string
}

// findCluster reads what `make up` has recorded.
func findCluster(root, data string) (*cluster, error) {
	path := filepath.Join(data, "env")
	content, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, &failure{
			expected: "a running development cluster",
			got:      fmt.Sprintf("no file %s", path),
			look:     "run `make demo` in the root of the checkout, which starts the cluster first",
		}
	}
	if err != nil {
		return nil, err
	}
	c := &cluster{root: root, data: data, env: parseEnv(content)}
	for _, name := range []string{"KUBECONFIG", "PORTAL_URL", "MAIL_URL", "DEX_CA"} {
		if c.env[name] == "" {
			return nil, &failure{
				expected: fmt.Sprintf("%s in %s", name, path),
				got:      "it is not set there",
				look:     "run `make down` and `make demo` again",
			}
		}
	}
	return c, nil
}

// parseEnv reads shell assignments with values in single quotes.
func parseEnv(content []byte) map[string]string {
	env := map[string]string{}
	lines := bufio.NewScanner(bytes.NewReader(content))
	for lines.Scan() {
		name, value, ok := strings.Cut(strings.TrimSpace(lines.Text()), "=")
		if !ok || strings.HasPrefix(name, "#") {
			continue
		}
		value = strings.ReplaceAll(value, `'\''`, "\x00")
		env[name] = strings.ReplaceAll(strings.ReplaceAll(value, "'", ""), "\x00", "'")
	}
	return env
}

func (c *cluster) mailDir() string { return filepath.Join(c.data, "mail") }

func (c *cluster) log(name string) string { return filepath.Join(c.data, "log", name) }

// kubectl runs the cluster's own kubectl as cluster administrator and returns its output. The error is that of the command.
func (c *cluster) kubectl(ctx context.Context, args ...string) (string, error) {
	command := exec.CommandContext(ctx, filepath.Join(c.data, "bin", "kubectl"), args...)
	command.Dir = c.root
	command.Env = append(os.Environ(), "KUBECONFIG="+c.env["KUBECONFIG"])
	output, err := command.CombinedOutput()
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	return string(output), err
}
