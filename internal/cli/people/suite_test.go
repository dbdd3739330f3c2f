// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package people_test

import (
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

func TestPeople(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "People")
}
