// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package leadership

import (
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/internal/testing/timing"
)

func TestLeadership(t *testing.T) {
	timing.SetDefaults()
	RegisterFailHandler(Fail)
	RunSpecs(t, "Leadership")
}
