// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package authz_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/authz"
	"github.com/usher-operator/usher/internal/testing/builders"
)

var _ = Describe("A contact", func() {
	DescribeTable("GTA-13 is refused if the domain of an address is not valid in DNS", func(c v1alpha1.Contact, field string) {
		o := builders.Organization("acme").Obj()
		w := builders.Workspace("acme", "support").Obj()
		o.Spec.Contacts, w.Spec.Contacts = []v1alpha1.Contact{{Name: "first"}, c}, []v1alpha1.Contact{{Name: "first"}, c}
		broken := ConsistOf(And(HaveField("Field", field), HaveField("Rule", "address-well-formed")))
		Expect(authz.CheckContent(o)).To(broken)
		Expect(authz.CheckContent(w)).To(broken)
	},
		Entry("in its assignee", v1alpha1.Contact{Name: "x", Assignee: "a@xn--a.example"}, "spec.contacts[1].assignee"),
		Entry("in a method", v1alpha1.Contact{Name: "x", Methods: []v1alpha1.ContactMethod{
			{Type: v1alpha1.MethodPhone, Value: "+34600000001"}, {Type: v1alpha1.MethodEmail, Value: "a@xn--a.example"},
		}}, "spec.contacts[1].methods[1].value"),
	)

	It("GTA-13 may have an internationalized domain, or no address at all", func() {
		o := builders.Organization("acme").Obj()
		o.Spec.Contacts = []v1alpha1.Contact{{Name: "x", Assignee: "ana@españa.example", Methods: []v1alpha1.ContactMethod{
			{Type: v1alpha1.MethodEmail, Value: "guardia@españa.example"}, {Type: v1alpha1.MethodSMS, Value: "+34600000001"},
		}}, {Name: "y"}}
		Expect(authz.CheckContent(o)).To(BeEmpty())
	})
})
