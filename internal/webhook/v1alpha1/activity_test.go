// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	"context"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	admissionv1 "k8s.io/api/admission/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/testing/builders"
)

var _ = Describe("ORG-17 A person's request", func() {
	luis := builders.OrgUser("acme", "luis")
	DescribeTable("is noted unless it is a dry run",
		func(ctx context.Context, username string, role v1alpha1.Role, dryRun *bool, let bool, noted ...string) {
			a := newAuthorizer(interceptor.Funcs{})
			var seen []string
			a.seen = func(namespace, user string) { seen = append(seen, namespace+"/"+user) }
			r := request(username, admissionv1.Create, nil, luis.Role(role).Obj())
			r.DryRun = dryRun
			Expect(validating[*v1alpha1.OrgUser](newScheme(), a).Handle(ctx, r).Allowed).To(Equal(let))
			Expect(seen).To(HaveExactElements(noted))
		},
		Entry("an allowed request", "eva@acme.example", v1alpha1.RoleMember, nil, true, "acme/eva"),
		Entry("a refused request", "eva@acme.example", v1alpha1.RoleTechnician, ptr.To(false), false, "acme/eva"),
		Entry("a dry run", "eva@acme.example", v1alpha1.RoleMember, ptr.To(true), true),
		Entry("not for a user without an account", "mallory", v1alpha1.RoleMember, nil, false),
		Entry("not for the operator", "usher", v1alpha1.RoleMember, nil, true),
	)
})
