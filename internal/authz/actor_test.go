// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package authz_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/internal/authz"
)

var _ = Describe("As what somebody acts beside the roles", func() {
	platform := authz.Platform{
		Operator: "system:serviceaccount:usher-system:usher",
		Users:    []string{"system:serviceaccount:tools:backup"},
		Groups:   []string{"platform-team"},
	}

	DescribeTable("is", func(username string, groups []string, kind authz.ActorKind) {
		Expect(platform.ActorKind(username, groups)).To(Equal(kind))
	},
		Entry("the cluster's masters", "root", []string{"system:authenticated", "system:masters"}, authz.ActorPlatform),
		Entry("the garbage collector", "system:serviceaccount:kube-system:generic-garbage-collector", nil, authz.ActorCleaner),
		Entry("the namespace controller", "system:serviceaccount:kube-system:namespace-controller", nil, authz.ActorCleaner),
		Entry("the controller manager", "system:kube-controller-manager", nil, authz.ActorCleaner),
		Entry("Usher itself", "system:serviceaccount:usher-system:usher", nil, authz.ActorOperator),
		Entry("Usher itself, among the masters", "system:serviceaccount:usher-system:usher", []string{"system:masters"}, authz.ActorOperator),
		Entry("a user who is configured", "system:serviceaccount:tools:backup", nil, authz.ActorPlatform),
		Entry("a group that is configured", "kim", []string{"staff", "platform-team"}, authz.ActorPlatform),
		Entry("not a person", "ana@acme.example", []string{"system:authenticated"}, authz.ActorNobody),
		Entry("not a person whose name is a group's", "system:masters", nil, authz.ActorNobody),
		Entry("not a group whose name is a user's", "ana@acme.example", []string{"system:serviceaccount:tools:backup"}, authz.ActorNobody),
		Entry("not another ServiceAccount of kube-system", "system:serviceaccount:kube-system:default", nil, authz.ActorNobody),
		Entry("not nobody", "", nil, authz.ActorNobody),
	)

	It("is not Usher while Usher's own name is unknown", func() {
		Expect(authz.Platform{}.ActorKind("", nil)).To(Equal(authz.ActorNobody))
	})
})
