// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package identity_test

import (
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/internal/testing/timing"
)

func TestIdentity(t *testing.T) {
	RegisterFailHandler(Fail)
	timing.SetDefaults()
	RunSpecs(t, "Identity")
}
