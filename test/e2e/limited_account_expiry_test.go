// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/controller/orguser"
	"github.com/usher-operator/usher/internal/setup"
)

var _ = Describe("Accounts of unknown senders", func() {
	It("OPS-9 LMI-3 make room for new ones, unless somebody has use for them, and every mail reaches the queue", func(ctx context.Context) {
		restartOperator(ctx, func(o *setup.Options) { o.Provisional = orguser.Provisional{Unproven: 1} })
		i := newIntake(ctx)
		write := func(name string) *v1alpha1.OrgUser {
			GinkgoHelper()
			email := name + "@customers." + i.org + ".example"
			Expect(deliver(email, question(email, 1), i.address)).To(Succeed())
			return userOf(ctx, i.org, email)
		}
		labelled := write("aa")
		edit(ctx, labelled, func(u *v1alpha1.OrgUser) { u.Labels["desk"] = "first" })
		first := write("bb")
		write("cc")
		Eventually(func() []v1alpha1.OrgUser { return accountsOf(ctx, i.org, string(first.Spec.Email)) }).Should(BeEmpty())
		Expect(accountsOf(ctx, i.org, string(labelled.Spec.Email))).To(HaveLen(1))
		Expect(mailsTo(i.queue)).To(HaveLen(3))
	})
})
