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

var _ = Describe("Coming into force", func() {
	DescribeTable("is to start using an address or a user name", func(before v1alpha1.UserState, after effective.InForce, comes bool) {
		was := &v1alpha1.OrgUserStatus{State: before, Username: "luis"}
		Expect(comesIntoForce(was, after)).To(Equal(comes))
	},
		Entry("by acceptance", v1alpha1.UserPending, effective.InForce{State: v1alpha1.UserActive, Username: "luis"}, true),
		Entry("at once", v1alpha1.UserState(""), effective.InForce{State: v1alpha1.UserActive, Username: "luis"}, true),
		Entry("by acceptance while suspended", v1alpha1.UserPending, effective.InForce{State: v1alpha1.UserSuspended, Username: "luis"}, true),
		Entry("by another name", v1alpha1.UserActive, effective.InForce{State: v1alpha1.UserActive, Username: "kim"}, true),
		Entry("not by staying", v1alpha1.UserActive, effective.InForce{State: v1alpha1.UserActive, Username: "luis"}, false),
		Entry("not by suspension or its end, which keep both", v1alpha1.UserSuspended, effective.InForce{State: v1alpha1.UserActive, Username: "luis"}, false),
		Entry("not by waiting", v1alpha1.UserPending, effective.InForce{State: v1alpha1.UserPending, Username: "luis"}, false),
		Entry("not by going", v1alpha1.UserActive, effective.InForce{State: v1alpha1.UserRemoving, Username: "luis"}, false),
	)
})

var _ = Describe("Before somebody comes into force,", Ordered, func() {
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
	now := func(ctx context.Context, u *v1alpha1.OrgUser) *v1alpha1.OrgUser {
		GinkgoHelper()
		Expect(w.Client.Get(ctx, client.ObjectKeyFromObject(u), u)).To(Succeed())
		return u
	}

	It("ORG-28 everybody else who wishes the address or the user name is told, and nobody else", func(ctx context.Context) {
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

		Expect(r.tooEarly(ctx, ana, comes)).To(BeFalse())
		Expect(now(ctx, twin)).To(HaveCondition("Stalled", metav1.ConditionTrue, v1alpha1.ReasonDuplicateAddress))
		Expect(twin.Status.Conditions[0].Message).To(Equal(`user "ana" has the address ANA@acme.example already: delete one of the two`))
		Expect(now(ctx, named)).To(HaveCondition("Stalled", metav1.ConditionTrue, v1alpha1.ReasonDuplicateUsername))
		Expect(named.Status.Conditions[0].Message).To(Equal(
			`user "ana" has the user name ana@acme.example already: give one of the two another spec.username`))
		for _, untouched := range []*v1alpha1.OrgUser{ana, stranger, leaving} {
			version := untouched.ResourceVersion
			Expect(now(ctx, untouched).ResourceVersion).To(Equal(version), untouched.Name)
		}

		told := twin.ResourceVersion
		r, _ = reconciler(ctx, w)
		Expect(r.outrank(ctx, ana)).To(Succeed())
		Expect(now(ctx, twin).ResourceVersion).To(Equal(told), "who was told is not told again")
		Expect(client.IgnoreNotFound(w.Client.Patch(ctx, leaving, client.RawPatch("application/merge-patch+json",
			[]byte(`{"metadata":{"finalizers":null}}`))))).To(Succeed())
	})

	It("ORG-28 a namesake who changed meanwhile keeps him waiting: that one may have come first", func(ctx context.Context) {
		ana, twin := pending("ana", "ana@acme.example", ""), pending("twin", "ana@acme.example", "twin")
		w.Put(ctx, ana, twin)
		r, freeze := reconciler(ctx, w)
		freeze()
		twin.Status.State = v1alpha1.UserActive
		Expect(w.Client.Status().Update(ctx, twin)).To(Succeed())

		Expect(apierrors.IsConflict(r.outrank(ctx, ana))).To(BeTrue())
		Expect(r.tooEarly(ctx, ana, comes)).To(BeTrue())
		Expect(now(ctx, twin).Status).To(And(HaveField("State", v1alpha1.UserActive), HaveField("Conditions", BeEmpty())))
	})

	It("a namesake who is gone meanwhile keeps nobody waiting", func(ctx context.Context) {
		ana, twin := pending("ana", "ana@acme.example", ""), pending("twin", "ana@acme.example", "twin")
		w.Put(ctx, ana, twin)
		r, freeze := reconciler(ctx, w)
		freeze()
		Expect(w.Client.Delete(ctx, twin)).To(Succeed())
		Expect(r.tooEarly(ctx, ana, comes)).To(BeFalse())
	})

	It("nobody is told by who comes into nothing", func(ctx context.Context) {
		ana, twin := pending("ana", "ana@acme.example", ""), pending("twin", "ana@acme.example", "twin")
		w.Put(ctx, ana, twin)
		r, _ := reconciler(ctx, w)
		Expect(r.tooEarly(ctx, ana, effective.InForce{State: v1alpha1.UserPending})).To(BeFalse())
		version := twin.ResourceVersion
		Expect(now(ctx, twin).ResourceVersion).To(Equal(version))
	})

	It("an API server that does not answer keeps him waiting, with the error", func(ctx context.Context) {
		ana, twin := pending("ana", "ana@acme.example", ""), pending("twin", "ana@acme.example", "twin")
		w.Put(ctx, ana, twin)
		r, _ := reconciler(ctx, w)
		ended, end := context.WithCancel(ctx)
		end()
		_, err := r.tooEarly(ended, ana, comes)
		Expect(err).To(HaveOccurred())
	})

	It("ORG-4 an administrator stays one while the ledger, past the cache, has him on its list, or is to enter him again", func(ctx context.Context) {
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
		Expect(r.tooEarly(ctx, ana, demoted)).To(BeTrue())
		o.Status.Administrators = []string{"bea"}
		Expect(w.Client.Status().Update(ctx, o)).To(Succeed())
		Expect(r.tooEarly(ctx, ana, demoted)).To(BeFalse())
		Expect(r.tooEarly(ctx, ana, awaiting)).To(BeTrue())
		Expect(w.Client.Delete(ctx, o)).To(Succeed())
		Expect(r.tooEarly(ctx, ana, demoted)).To(BeFalse(), "an organization that is gone has no ledger")
	})
})
