// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package onboarding_test

import (
	"strings"
	"unicode/utf8"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/onboarding"
	"github.com/usher-operator/usher/internal/testing/builders"
)

var _ = Describe("The resend annotation", func() {
	sent := func(value, observed string) *v1alpha1.Invitation {
		i := builders.Invitation("acme", "team", "a@acme.example").Resend(value).Obj()
		i.Status.ObservedResend = observed
		i.Status.Recipients = []v1alpha1.RecipientStatus{{Email: "a@acme.example"}}
		return i
	}

	DescribeTable("WXP-7 requests a resend once for each new value", func(value, observed string, requested bool) {
		i := sent(value, observed)
		resend := onboarding.ResendOf(i)
		Expect(resend.Requested(i.Status.ObservedResend)).To(Equal(requested))
		Expect(len(resend.Observed())).To(BeNumerically("<=", 256))
		Expect(utf8.ValidString(resend.Observed())).To(BeTrue())
		Expect(onboarding.ResendOf(i).Requested(resend.Observed())).To(BeFalse(), "the same value again")
	},
		Entry("no value", "", "", false),
		Entry("the first value", "1", "", true),
		Entry("another value", "2", "1", true),
		Entry("the same value", "1", "1", false),
		Entry("a removed value", "", "1", false),
		Entry("a very long value", strings.Repeat("x", 5000), "1", true),
		Entry("a long value, cut in the middle of a character", strings.Repeat("x", 255)+"€", "1", true),
	)

	It("WXP-7 requests a resend when only the end of a long list differs, but not because an earlier version recorded it cut", func() {
		long := strings.Repeat("x", 400)
		Expect(onboarding.ResendOf(sent(long+"1", "")).Requested(onboarding.ResendOf(sent(long+"2", "")).Observed())).To(BeTrue())
		Expect(onboarding.ResendOf(sent(long, "")).Requested(long[:256])).To(BeFalse())
	})

	It("WXP-7 concerns the addresses that it names, however they are spelled, and everybody if it names none", func() {
		one := onboarding.ResendOf(sent("Luis <LUIS@acme.example> 2", ""))
		Expect(one.Names("luis@ACME.example")).To(BeTrue())
		Expect(one.Concerns("luis@acme.example")).To(BeTrue())
		Expect(one.Concerns("eva@acme.example")).To(BeFalse())
		all := onboarding.ResendOf(sent("2026-11-30", ""))
		Expect(all.Concerns("eva@acme.example")).To(BeTrue())
		Expect(all.Names("eva@acme.example")).To(BeFalse())
		mistyped := onboarding.ResendOf(sent("luis@acme..example", ""))
		Expect(mistyped.Concerns("eva@acme.example")).To(BeFalse(), "nobody, and not everybody")
	})
})
