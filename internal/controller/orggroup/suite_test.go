// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package orggroup

import (
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

func TestOrgGroup(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "OrgGroup")
}
