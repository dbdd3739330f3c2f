// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package pods

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"syscall"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// node is a machine of the cluster, made of namespaces.
type node struct {
	// Name is that of the Node object.
	Name string

	cluster *cluster
}

// Kill takes the node's power away: everything that runs on it ends at once, and so does its network.
func (n *node) Kill() {
	GinkgoHelper()
	Expect(syscall.Kill(n.pid(), syscall.SIGKILL)).To(Succeed())
}

// Start starts the node again after Kill, and returns when it is Ready. It does not touch what is installed.
func (n *node) Start(ctx context.Context) {
	GinkgoHelper()
	n.cluster.devcluster(ctx, "up", "--nodes=2", "--bare")
}

// pid is the process that holds the node's namespaces.
func (n *node) pid() int {
	GinkgoHelper()
	content, err := os.ReadFile(filepath.Join(n.cluster.dir, "state.json"))
	Expect(err).NotTo(HaveOccurred())
	var state struct {
		Processes map[string]struct{ PID int }
	}
	Expect(json.Unmarshal(content, &state)).To(Succeed())
	Expect(state.Processes).To(HaveKey(n.Name))
	return state.Processes[n.Name].PID
}
