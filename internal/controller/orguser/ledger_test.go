// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package orguser

import (
	"context"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/testing/builders"
	"github.com/usher-operator/usher/internal/testing/world"
)

var _ = Describe("Before an administrator loses the role,", Ordered, func() {
	var w *world.World
	var ns string

	BeforeAll(func() { w = world.Get() })
	BeforeEach(func(ctx context.Context) { ns = w.Namespace(ctx, "acme") })

	confirm := func(ctx context.Context, r *Reconciler, u *v1alpha1.OrgUser, in effective.InForce) error {
		return r.confirmLedger(ctx, &scope{before: u, in: in})
	}

	It("ORG-4 an administrator stays one while the ledger, past the cache, names them or is to name them again", func(ctx context.Context) {
		ana := world.InForce(ns, "ana", v1alpha1.UserActive)
		ana.Status.Role = v1alpha1.RoleOrganizationAdmin
		o := builders.Organization(ns).Obj()
		w.Put(ctx, ana, o)
		r, freeze := reconciler(ctx, w)
		freeze() // the cache does not know of any ledger
		demoted := effective.InForce{State: v1alpha1.UserActive, Role: v1alpha1.RoleMember, Username: ana.Status.Username}
		awaiting := effective.InForce{State: v1alpha1.UserActive, AwaitingLedger: true, Username: ana.Status.Username}

		o.Status.Administrators = []string{"ana", "bea"}
		Expect(w.Client.Status().Update(ctx, o)).To(Succeed())
		Expect(confirm(ctx, r, ana, demoted)).To(MatchError(errPostponed))
		o.Status.Administrators = []string{"bea"}
		Expect(w.Client.Status().Update(ctx, o)).To(Succeed())
		Expect(confirm(ctx, r, ana, demoted)).To(Succeed())
		Expect(confirm(ctx, r, ana, awaiting)).To(MatchError(errPostponed))
		Expect(w.Client.Delete(ctx, o)).To(Succeed())
		Expect(confirm(ctx, r, ana, demoted)).To(Succeed(), "an organization that is gone has no ledger")
	})
})
