// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package accesschange_test

import (
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

func TestAccessChange(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "Access change")
}
