// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package orguser

import (
	"context"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/testing/builders"
	. "github.com/usher-operator/usher/internal/testing/matchers"
	"github.com/usher-operator/usher/internal/testing/world"
)

var _ = Describe("A user who comes into force", func() {
	DescribeTable("takes an address or a user name", func(before v1alpha1.UserState, after effective.InForce, comes bool) {
		was := &v1alpha1.OrgUserStatus{State: before, Username: "luis"}
		Expect(takesIdentity(was, after)).To(Equal(comes))
	},
		Entry("by acceptance", v1alpha1.UserPending, effective.InForce{State: v1alpha1.UserActive, Username: "luis"}, true),
		Entry("at once", v1alpha1.UserState(""), effective.InForce{State: v1alpha1.UserActive, Username: "luis"}, true),
		Entry("by acceptance while suspended", v1alpha1.UserPending, effective.InForce{State: v1alpha1.UserSuspended, Username: "luis"}, true),
		Entry("by another name", v1alpha1.UserActive, effective.InForce{State: v1alpha1.UserActive, Username: "kim"}, true),
		Entry("not by staying", v1alpha1.UserActive, effective.InForce{State: v1alpha1.UserActive, Username: "luis"}, false),
		Entry("not by suspension or its end, which keep both", v1alpha1.UserSuspended, effective.InForce{State: v1alpha1.UserActive, Username: "luis"}, false),
		Entry("not by waiting", v1alpha1.UserPending, effective.InForce{State: v1alpha1.UserPending, Username: "luis"}, false),
		Entry("not by being deleted", v1alpha1.UserActive, effective.InForce{State: v1alpha1.UserRemoving, Username: "luis"}, false),
	)
})

var _ = Describe("Before a user comes into force,", Ordered, func() {
	var w *world.World
	var ns string
	comes := effective.InForce{State: v1alpha1.UserActive, Role: v1alpha1.RoleMember}

	BeforeAll(func() { w = world.Get() })
	BeforeEach(func(ctx context.Context) { ns = w.Namespace(ctx, "acme") })

	pending := func(name, email, username string) *v1alpha1.OrgUser {
		u := builders.OrgUser(ns, name).Email(email).Username(username).Obj()
		u.Status.State = v1alpha1.UserPending
		return u
	}
	claim := func(ctx context.Context, r *Reconciler, u *v1alpha1.OrgUser, in effective.InForce) error {
		return r.claimIdentity(ctx, &scope{before: u, in: in})
	}
	now := func(ctx context.Context, u *v1alpha1.OrgUser) *v1alpha1.OrgUser {
		GinkgoHelper()
		Expect(w.Client.Get(ctx, client.ObjectKeyFromObject(u), u)).To(Succeed())
		return u
	}

	It("ORG-28 every other user who requests the address or the user name is stalled, and nobody else is", func(ctx context.Context) {
		ana := pending("ana", "ana@acme.example", "")
		twin := pending("twin", "ANA@acme.example", "twin")
		named := pending("named", "other@acme.example", "ana@acme.example")
		stranger := pending("stranger", "stranger@acme.example", "")
		leaving := pending("leaving", "ana@acme.example", "leaving")
		leaving.Finalizers = []string{v1alpha1.Finalizer}
		w.Put(ctx, ana, twin, named, stranger, leaving)
		Expect(w.Client.Delete(ctx, leaving)).To(Succeed())
		now(ctx, leaving)
		r, _ := reconciler(ctx, w)

		Expect(claim(ctx, r, ana, comes)).To(Succeed())
		Expect(now(ctx, twin)).To(HaveCondition("Stalled", metav1.ConditionTrue, v1alpha1.ReasonDuplicateAddress))
		Expect(twin.Status.Conditions[0].Message).To(Equal(`user "ana" already has the address ANA@acme.example: delete one of the two users`))
		Expect(now(ctx, named)).To(HaveCondition("Stalled", metav1.ConditionTrue, v1alpha1.ReasonDuplicateUsername))
		Expect(named.Status.Conditions[0].Message).To(Equal(
			`user "ana" already has the Kubernetes user name ana@acme.example: set another spec.username on one of the two users`))
		for _, untouched := range []*v1alpha1.OrgUser{ana, stranger, leaving} {
			version := untouched.ResourceVersion
			Expect(now(ctx, untouched).ResourceVersion).To(Equal(version), untouched.Name)
		}

		stalled := twin.ResourceVersion
		r, _ = reconciler(ctx, w)
		Expect(r.stallDuplicates(ctx, ana)).To(Succeed())
		Expect(now(ctx, twin).ResourceVersion).To(Equal(stalled), "a duplicate that is stalled already is not written again")
		Expect(client.IgnoreNotFound(w.Client.Patch(ctx, leaving, client.RawPatch("application/merge-patch+json",
			[]byte(`{"metadata":{"finalizers":null}}`))))).To(Succeed())
	})

	It("ORG-28 a duplicate that has changed meanwhile postpones the pass: it may have come first", func(ctx context.Context) {
		ana, twin := pending("ana", "ana@acme.example", ""), pending("twin", "ana@acme.example", "twin")
		w.Put(ctx, ana, twin)
		r, freeze := reconciler(ctx, w)
		freeze()
		twin.Status.State = v1alpha1.UserActive
		Expect(w.Client.Status().Update(ctx, twin)).To(Succeed())

		Expect(apierrors.IsConflict(r.stallDuplicates(ctx, ana))).To(BeTrue())
		Expect(claim(ctx, r, ana, comes)).To(MatchError(errPostponed))
		Expect(now(ctx, twin).Status).To(And(HaveField("State", v1alpha1.UserActive), HaveField("Conditions", BeEmpty())))
	})

	It("a duplicate that is gone meanwhile does not postpone the pass", func(ctx context.Context) {
		ana, twin := pending("ana", "ana@acme.example", ""), pending("twin", "ana@acme.example", "twin")
		w.Put(ctx, ana, twin)
		r, freeze := reconciler(ctx, w)
		freeze()
		Expect(w.Client.Delete(ctx, twin)).To(Succeed())
		Expect(claim(ctx, r, ana, comes)).To(Succeed())
	})

	It("no duplicate is stalled by a user who stays pending", func(ctx context.Context) {
		ana, twin := pending("ana", "ana@acme.example", ""), pending("twin", "ana@acme.example", "twin")
		w.Put(ctx, ana, twin)
		r, _ := reconciler(ctx, w)
		Expect(claim(ctx, r, ana, effective.InForce{State: v1alpha1.UserPending})).To(Succeed())
		version := twin.ResourceVersion
		Expect(now(ctx, twin).ResourceVersion).To(Equal(version))
	})

	It("an API server that does not answer ends the pass with an error", func(ctx context.Context) {
		ana, twin := pending("ana", "ana@acme.example", ""), pending("twin", "ana@acme.example", "twin")
		w.Put(ctx, ana, twin)
		r, _ := reconciler(ctx, w)
		ended, end := context.WithCancel(ctx)
		end()
		Expect(claim(ended, r, ana, comes)).To(And(HaveOccurred(), Not(MatchError(errPostponed))))
	})
})
