// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package orguser

import (
	"context"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/lookup"
	"github.com/usher-operator/usher/internal/mapper"
)

var _ = Describe("GTA-10 A change of a ClusterRole", func() {
	DescribeTable("concerns those who have seats of its modules", func(ctx context.Context, before, after string, expected ...string) {
		role := func(label string) *metav1.PartialObjectMetadata {
			if label == "gone" {
				return nil
			}
			r := lookup.ClusterRole()
			r.Name, r.Labels = "tickets", map[string]string{v1alpha1.LabelGrantable: label}
			return r
		}
		users := mapping(ctx, acmePeople()...)
		c := mapper.Change[*metav1.PartialObjectMetadata]{Before: role(before), After: role(after)}
		Expect(names(users.usersForClusterRole(ctx, c))).To(ConsistOf(expected))
		Expect(mapper.OrganizationsNaming(ctx, users.cache, c)).To(HaveLen(min(len(expected), 1)))
	},
		Entry("when it is created", "gone", "true", "luis", "kim"),
		Entry("when it is deleted", "true", "gone", "luis", "kim"),
		Entry("when it may no longer be bound", "true", "", "luis", "kim"),
		Entry("but nobody when anything else changes", "true", "true"),
	)
})
