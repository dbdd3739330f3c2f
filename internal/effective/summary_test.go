// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package effective_test

import (
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
)

var _ = Describe("The summary of a person's workspaces", func() {
	in := func(names ...string) []v1alpha1.WorkspaceGrantStatus {
		var grants []v1alpha1.WorkspaceGrantStatus
		for _, name := range names {
			grants = append(grants, v1alpha1.WorkspaceGrantStatus{Name: name, Access: v1alpha1.WorkspaceAdmin})
		}
		return grants
	}

	DescribeTable("ORG-18 names the first ones, and counts the others", func(summary string, names ...string) {
		Expect(effective.SummaryOf(in(names...))).To(Equal(summary))
	},
		Entry("none", ""),
		Entry("one", "a (Admin)", "a"),
		Entry("three", "a (Admin), b (Admin), c (Admin)", "a", "b", "c"),
		Entry("more", "a (Admin), b (Admin), c (Admin), +2", "a", "b", "c", "d", "e"),
	)

	It("ORG-18 fits in the status, however many and long they are", func() {
		names := make([]string, 10000)
		for n := range names {
			names[n] = strings.Repeat("x", 63)
		}
		Expect(len(effective.SummaryOf(in(names...)))).To(BeNumerically("<=", 256))
	})
})
