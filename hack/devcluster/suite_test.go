// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

func TestDevcluster(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "Development cluster")
}

// checkout returns the paths of an empty directory in place of a checkout.
func checkout() paths { return paths{root: GinkgoT().TempDir()} }

func put(path, content string) {
	GinkgoHelper()
	Expect(writeFile(path, []byte(content))).To(Succeed())
}

func content(path string) string {
	GinkgoHelper()
	read, err := os.ReadFile(path)
	Expect(err).NotTo(HaveOccurred())
	return string(read)
}
