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

	It("OPS-9 is refused if it lists a method twice, but two contacts may share one", func() {
		mail := func(value string) v1alpha1.ContactMethod {
			return v1alpha1.ContactMethod{Type: v1alpha1.MethodEmail, Value: value}
		}
		o, w := builders.Organization("acme").Obj(), builders.Workspace("acme", "support").Obj()
		o.Spec.Contacts = []v1alpha1.Contact{
			{Name: "x", Methods: []v1alpha1.ContactMethod{mail("desk@acme.example"), {Type: v1alpha1.MethodSMS, Value: "+34600000001"}}},
			{Name: "y", Methods: []v1alpha1.ContactMethod{
				mail("desk@acme.example"), {Type: v1alpha1.MethodPhone, Value: "+34600000001"}, {Type: v1alpha1.MethodSMS, Value: "+34600000001"},
			}},
		}
		Expect(authz.CheckContent(o)).To(BeEmpty())
		o.Spec.Contacts[1].Methods = append(o.Spec.Contacts[1].Methods, mail("Desk@ACME.example"))
		w.Spec.Contacts = o.Spec.Contacts
		broken := HaveExactElements(And(HaveField("Field", "spec.contacts[1].methods[3]"), HaveField("Rule", "method-listed-once"),
			HaveField("Value", "Desk@ACME.example"), HaveField("Message", "is already listed as spec.contacts[1].methods[0]: remove one of them")))
		Expect(authz.CheckContent(o)).To(broken)
		Expect(authz.CheckContent(w)).To(broken)
	})

	It("GTA-13 may have an internationalized domain, or no address at all", func() {
		o := builders.Organization("acme").Obj()
		o.Spec.Contacts = []v1alpha1.Contact{{Name: "x", Assignee: "ana@españa.example", Methods: []v1alpha1.ContactMethod{
			{Type: v1alpha1.MethodEmail, Value: "guardia@españa.example"}, {Type: v1alpha1.MethodSMS, Value: "+34600000001"},
		}}, {Name: "y"}}
		Expect(authz.CheckContent(o)).To(BeEmpty())
	})
})
