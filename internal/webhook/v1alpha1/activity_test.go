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
	DescribeTable("is noted when it is a person's, and no dry run",
		func(ctx context.Context, username string, role v1alpha1.Role, dryRun *bool, let bool, noted ...string) {
			g := newGate(interceptor.Funcs{})
			var seen []string
			g.seen = func(namespace, user string) { seen = append(seen, namespace+"/"+user) }
			r := request(username, admissionv1.Create, nil, luis.Role(role).Obj())
			r.DryRun = dryRun
			Expect(validating[*v1alpha1.OrgUser](newScheme(), g).Handle(ctx, r).Allowed).To(Equal(let))
			Expect(seen).To(HaveExactElements(noted))
		},
		Entry("let through", "eva@acme.example", v1alpha1.RoleMember, nil, true, "acme/eva"),
		Entry("refused", "eva@acme.example", v1alpha1.RoleTechnician, ptr.To(false), false, "acme/eva"),
		Entry("a dry run", "eva@acme.example", v1alpha1.RoleMember, ptr.To(true), true),
		Entry("of nobody", "mallory", v1alpha1.RoleMember, nil, false),
		Entry("of the operator", "usher", v1alpha1.RoleMember, nil, true),
	)
})
