// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Package scim plays directories against a real API server, and compares filters and PATCH with an independent implementation, the npm
// packages scim2-parse-filter and scim-patch, which run in Node.js: `make scim` installs both.
package scim

import (
	"bufio"
	"encoding/json"
	"io"
	"os/exec"
	"path/filepath"
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

func TestSCIM(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "SCIM")
}

// peer is the other implementation.
var peer struct {
	in  io.WriteCloser
	out *bufio.Reader
}

// answer is what the other implementation makes of a case.
type answer struct {
	Matches  *bool          `json:"matches"`
	Resource map[string]any `json:"resource"`
	Error    string         `json:"error"`
}

var _ = BeforeSuite(func() {
	Expect(filepath.Join("node_modules", "scim-patch", "package.json")).To(BeARegularFile(),
		"these tests need scim-patch: `make scim` installs it (npm ci in test/scim)")
	node, err := exec.LookPath("node")
	Expect(err).NotTo(HaveOccurred(), "these tests need Node.js: `make scim` installs it, on Debian with npm")
	command := exec.Command(node, "peer.js")
	command.Stderr = GinkgoWriter
	peer.in, err = command.StdinPipe()
	Expect(err).NotTo(HaveOccurred())
	out, err := command.StdoutPipe()
	Expect(err).NotTo(HaveOccurred())
	peer.out = bufio.NewReader(out)
	Expect(command.Start()).To(Succeed())
	DeferCleanup(func() {
		Expect(peer.in.Close()).To(Succeed())
		Expect(command.Wait()).To(Succeed())
	})
})

// ask returns what the other implementation makes of a case.
func ask(c map[string]any) answer {
	GinkgoHelper()
	Expect(json.NewEncoder(peer.in).Encode(c)).To(Succeed())
	line, err := peer.out.ReadBytes('\n')
	Expect(err).NotTo(HaveOccurred())
	var a answer
	Expect(json.Unmarshal(line, &a)).To(Succeed())
	return a
}
