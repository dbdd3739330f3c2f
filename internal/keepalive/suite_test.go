// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package keepalive

import (
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

func TestKeepalive(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "Keepalive")
}
