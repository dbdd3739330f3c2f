// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package onboarding_test

import (
	"strings"

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
		seen := onboarding.ResendValue(i)
		Expect(onboarding.ResendRequested(seen, i.Status.ObservedResend)).To(Equal(requested))
		Expect(onboarding.ResendRequested(onboarding.ResendValue(i), seen)).To(BeFalse(), "the same value again")
	},
		Entry("no value", "", "", false),
		Entry("the first value", "1", "", true),
		Entry("another value", "2", "1", true),
		Entry("the same value", "1", "1", false),
		Entry("a removed value", "", "1", false),
		Entry("a very long value", strings.Repeat("x", 5000), "1", true),
		Entry("a long value, cut in the middle of a character", strings.Repeat("x", 255)+"€", "1", true),
	)
})
