// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package pods

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"regexp"

	. "github.com/onsi/ginkgo/v2"
)

var unsuitable = regexp.MustCompile(`[^A-Za-z0-9-]+`)

// keep saves what explains a failure below .dev/artifacts/pods: events, pods, their logs, the logs of the nodes and the control plane.
func (c *cluster) keep(ctx context.Context, spec string) {
	const longest = 80
	name := unsuitable.ReplaceAllString(spec, "-")
	dir := filepath.Join(c.root, ".dev", "artifacts", "pods", name[:min(longest, len(name))])
	if err := errors.Join(os.RemoveAll(dir), os.MkdirAll(dir, 0o700)); err != nil {
		GinkgoWriter.Println("artifacts:", err)
		return
	}
	for file, args := range map[string][]string{
		"events.txt":   {"get", "events", "-A", "--sort-by=.metadata.creationTimestamp"},
		"pods.txt":     {"get", "pods", "-A", "-o", "wide"},
		"pods.yaml":    {"get", "pods", "-A", "-o", "yaml"},
		"nodes.yaml":   {"get", "nodes", "-o", "yaml"},
		"usher.log":    {"logs", "-n", usherNamespace, "-l", "app.kubernetes.io/name=usher", "--tail=-1", "--prefix"},
		"previous.log": {"logs", "-n", usherNamespace, "-l", "app.kubernetes.io/name=usher", "--tail=-1", "--prefix", "--previous"},
	} {
		out, err := c.tryKubectl(ctx, args...)
		if err != nil {
			out += "\n" + err.Error() + "\n"
		}
		if err := os.WriteFile(filepath.Join(dir, file), []byte(out), 0o600); err != nil {
			GinkgoWriter.Println("artifacts:", err)
		}
	}
	if err := os.CopyFS(filepath.Join(dir, "log"), os.DirFS(filepath.Join(c.dir, "log"))); err != nil {
		GinkgoWriter.Println("artifacts:", err)
	}
	GinkgoWriter.Println("artifacts:", dir)
}
