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

	DescribeTable("WXP-7 asks once for each new value", func(value, observed string, wanted bool) {
		i := sent(value, observed)
		seen := onboarding.ResendValue(i)
		Expect(onboarding.ResendRequested(seen, i.Status.ObservedResend)).To(Equal(wanted))
		Expect(onboarding.ResendRequested(onboarding.ResendValue(i), seen)).To(BeFalse(), "the same value again")
	},
		Entry("none", "", "", false),
		Entry("the first", "1", "", true),
		Entry("another", "2", "1", true),
		Entry("the same", "1", "1", false),
		Entry("taken away", "", "1", false),
		Entry("a very long one", strings.Repeat("x", 5000), "1", true),
		Entry("a long one, cut in the middle of a character", strings.Repeat("x", 255)+"€", "1", true),
	)
})
