// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package authz_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/authz"
	"github.com/usher-operator/usher/internal/testing/builders"
)

var _ = Describe("A request to send again that names addresses", func() {
	const field = "metadata.annotations[accounts.usher.dev/resend]"
	team := builders.Invitation("acme", "team", "Luis <luis@acme.example>, eva@acme.example").InvitedBy("ana@acme.example")
	invitation := func() metav1.Object { return team.Obj() }
	user := func() metav1.Object { return builders.OrgUser("acme", "luis").Obj() }
	with := func(o metav1.Object, value string) metav1.Object {
		o.SetAnnotations(map[string]string{v1alpha1.AnnotationResend: value})
		return o
	}

	DescribeTable("WXP-7 is refused, whoever asks, if they are not", func(object func() metav1.Object, value string, refused ...string) {
		for _, actor := range []authz.Actor{person("ana", orgAdmin), delegate(orgAdmin), platformActor} {
			found := authz.Judge(update(actor, with(object(), "1"), with(object(), value)))
			messages := []string{}
			for _, v := range found {
				Expect(v).To(And(HaveField("Rule", "resend-addresses"), HaveField("Field", field), HaveField("Reason", authz.Invalid)))
				messages = append(messages, v.Value+" "+v.Message)
			}
			Expect(messages).To(ConsistOf(refused))
		}
	},
		Entry("in the Invitation", invitation, "LUIS@acme.example sam@acme.example 2",
			"sam@acme.example is not in spec.emails of this Invitation: name addresses from there, or none to send to everybody who has not accepted"),
		Entry("addresses", invitation, "luis@acme..example",
			"luis@acme..example is not an email address such as ana@acme.example, so nobody would get a mail: correct it"),
		Entry("the OrgUser's", user, "eva@acme.example",
			"eva@acme.example is not the address of this OrgUser, which is luis@acme.example: leave it out"),
		Entry("but not the OrgUser's own", user, "luis@acme.example 2"),
		Entry("but not if the Invitation names them, however they are spelled", invitation, "EVA@acme.example, luis@acme.example"),
		Entry("but not if there are none", invitation, "2026-11-30T10:00:00Z"),
	)

	It("WXP-7 is not judged in a new object, nor when the value stays and the list changes", func() {
		before := with(team.Obj(), "sam@acme.example")
		Expect(authz.Judge(asked(platformActor, authz.Create, before))).To(BeEmpty())
		after := with(builders.Invitation("acme", "team", "eva@acme.example").InvitedBy("ana@acme.example").Obj(), "sam@acme.example")
		Expect(authz.Judge(update(platformActor, before, after))).To(BeEmpty())
	})

	It("WXP-7 is refused with the first few faults of a long value", func() {
		value := ""
		for n := range 100 {
			value += string(rune('a'+n%26)) + string(rune('a'+n/26)) + "@other.example "
		}
		Expect(authz.Judge(update(platformActor, team.Obj(), with(team.Obj(), value)))).To(HaveLen(10))
	})
})
