// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package authz_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/internal/authz"
)

var _ = Describe("The kind of an actor", func() {
	platform := authz.Platform{
		Operator: "system:serviceaccount:usher-system:usher",
		Users:    []string{"system:serviceaccount:tools:backup"},
		Groups:   []string{"platform-team"},
	}

	DescribeTable("is", func(username string, groups []string, kind authz.ActorKind) {
		Expect(platform.ActorKind(username, groups)).To(Equal(kind))
	},
		Entry("a member of system:masters", "root", []string{"system:authenticated", "system:masters"}, authz.ActorPlatform),
		Entry("the garbage collector", "system:serviceaccount:kube-system:generic-garbage-collector", nil, authz.ActorCleaner),
		Entry("the namespace controller", "system:serviceaccount:kube-system:namespace-controller", nil, authz.ActorCleaner),
		Entry("the controller manager", "system:kube-controller-manager", nil, authz.ActorCleaner),
		Entry("Usher itself", "system:serviceaccount:usher-system:usher", nil, authz.ActorOperator),
		Entry("Usher itself, as a member of system:masters", "system:serviceaccount:usher-system:usher", []string{"system:masters"}, authz.ActorOperator),
		Entry("a user whom the configuration names", "system:serviceaccount:tools:backup", nil, authz.ActorPlatform),
		Entry("a member of a group that the configuration names", "kim", []string{"staff", "platform-team"}, authz.ActorPlatform),
		Entry("nobody for a person", "ana@acme.example", []string{"system:authenticated"}, authz.ActorNobody),
		Entry("nobody for a user named like a privileged group", "system:masters", nil, authz.ActorNobody),
		Entry("nobody for a member of a group named like a configured user", "ana@acme.example", []string{"system:serviceaccount:tools:backup"}, authz.ActorNobody),
		Entry("nobody for another ServiceAccount of kube-system", "system:serviceaccount:kube-system:default", nil, authz.ActorNobody),
		Entry("nobody for a request without a user name", "", nil, authz.ActorNobody),
	)

	It("is never the operator while the operator's user name is unknown", func() {
		Expect(authz.Platform{}.ActorKind("", nil)).To(Equal(authz.ActorNobody))
	})
})
