// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package invitation

import (
	"context"
	"errors"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/emailaddr"
	"github.com/usher-operator/usher/internal/lookup"
	"github.com/usher-operator/usher/internal/status"
	"github.com/usher-operator/usher/internal/testing/builders"
	"github.com/usher-operator/usher/internal/testing/matchers"
)

var _ = Describe("A recipient who has accepted", func() {
	removed := And(HaveField("State", v1alpha1.RecipientRevoked), HaveField("RevocationReason", v1alpha1.RevokedAccountRemoved))
	list := func(emails ...string) func(*v1alpha1.Invitation) {
		return func(i *v1alpha1.Invitation) { i.Spec.Emails = emails }
	}
	resend := func(i *v1alpha1.Invitation) { i.Annotations[v1alpha1.AnnotationResend] = "1" }

	var s *apiserver
	BeforeEach(func(ctx context.Context) {
		s = serve(ctx, builders.Invitation("acme", "team", luis, eva).Obj())
		s.succeed(ctx)
		s.join(ctx, luis)
		s.succeed(ctx)
		Expect(s.recipient(ctx, luis)).To(HaveField("State", v1alpha1.RecipientActive))
	})

	It("ORG-26 is revoked when the account is gone, which the conditions say, and not invited again by any pass", func(ctx SpecContext) {
		s.removeUser(ctx, luis)
		for range 3 {
			s.succeed(ctx)
			Expect(s.recipient(ctx, luis)).To(And(removed, HaveField("SendCount", BeEquivalentTo(1)), HaveField("Message",
				`had accepted, but OrgUser "`+emailaddr.ObjectName(luis)+`" was deleted since. Unless they are to come back, remove the address from `+
					`spec.emails; to invite them again: kubectl annotate invitation team -n acme --overwrite accounts.usher.dev/resend="`+
					luis+` $(date +%s)"`)))
			Expect(s.users(ctx)).To(ConsistOf(eva))
		}
		s.edit(ctx, list(luis, eva, sam))
		s.succeed(ctx)
		Expect(s.recipient(ctx, luis)).To(removed)
		i := s.invitation(ctx)
		Expect(i.Status.Summary).To(And(HaveField("Active", HaveValue(BeZero())), HaveField("Failed", HaveValue(BeEquivalentTo(1)))))

		for n := range i.Status.Recipients {
			i.Status.Recipients[n].Mail = nil
		}
		setConditions(i, true, nil)
		Expect(i).To(matchers.Stand(v1alpha1.ConditionReady, v1alpha1.ReasonAccountRemoved))
		Expect(i.Status.Conditions[0].Message).To(HavePrefix("0 of 3 have accepted; Invited: eva@acme.example, sam@acme.example; Revoked: " +
			"luis@acme.example; luis@acme.example had accepted, but OrgUser"))
	})

	It("WXP-7 is invited anew by a request to invite again, once it is written that the account is gone", func(ctx SpecContext) {
		s.removeUser(ctx, luis)
		s.edit(ctx, resend)
		s.succeed(ctx)
		Expect(s.recipient(ctx, luis)).To(removed)
		Expect(s.users(ctx)).To(ConsistOf(eva), "a user that is created before that would count as accepted")
		Expect(s.recipient(ctx, eva)).To(inState(v1alpha1.RecipientInvited, 1))

		for range 2 {
			s.succeed(ctx)
			Expect(s.users(ctx)).To(ConsistOf(luis, eva))
			Expect(s.recipient(ctx, luis)).To(And(inState(v1alpha1.RecipientInvited, 2), HaveField("Message", BeEmpty()),
				HaveField("AcceptanceTime", BeNil())))
			Expect(s.recipient(ctx, eva)).To(inState(v1alpha1.RecipientInvited, 2))
		}
	})

	It("WXP-7 is invited anew by a request, although the cache still shows the account", func(ctx SpecContext) {
		stale := s.snapshot(ctx)
		s.removeUser(ctx, luis)
		s.edit(ctx, resend)
		s.succeedWith(ctx, stale...)
		Expect(s.recipient(ctx, luis)).To(removed)
		s.succeedWith(ctx, stale...)
		Expect(s.recipient(ctx, luis)).To(inState(v1alpha1.RecipientPending, 1))
		s.succeed(ctx)
		Expect(s.recipient(ctx, luis)).To(inState(v1alpha1.RecipientInvited, 2))
	})

	It("stays Active while the cache does not show the account yet", func(ctx SpecContext) {
		s.succeedWith(ctx, builders.Organization("acme").Obj())
		Expect(s.recipient(ctx, luis)).To(inState(v1alpha1.RecipientActive, 1))
	})

	DescribeTable("ORG-28 is invited anew when the address is named again", func(ctx SpecContext, before ...func(context.Context)) {
		for _, step := range before {
			step(ctx)
			s.succeed(ctx)
		}
		Expect(s.recipient(ctx, luis)).To(HaveField("RevocationReason", v1alpha1.RevokedAddressRemoved))
		Expect(s.invitation(ctx).Status.Conditions[0].Message).To(ContainSubstring("0 of 1 have accepted"))
		s.edit(ctx, list(luis, eva))
		s.succeed(ctx)
		Expect(s.recipient(ctx, luis)).To(inState(v1alpha1.RecipientInvited, 2))
		Expect(s.users(ctx)).To(ConsistOf(luis, eva))
	},
		Entry("after it was removed first", func(ctx context.Context) { s.edit(ctx, list(eva)) }, func(ctx context.Context) { s.removeUser(ctx, luis) }),
		Entry("after the account was deleted first",
			func(ctx context.Context) { s.removeUser(ctx, luis) }, func(ctx context.Context) { s.edit(ctx, list(eva)) }),
	)

	It("ORG-28 waits for the removal in progress, also when invited again, and gets another account afterwards", func(ctx SpecContext) {
		s.beginRemoval(ctx, luis)
		s.succeed(ctx)
		Expect(s.recipient(ctx, luis)).To(removed)
		s.edit(ctx, resend)
		s.succeed(ctx)
		Expect(s.recipient(ctx, luis)).To(inState(v1alpha1.RecipientPending, 1))
		Expect(s.invitation(ctx).Status.ObservedResend).To(Equal("1"))
		s.removeUser(ctx, luis)
		s.succeed(ctx)
		Expect(s.recipient(ctx, luis)).To(inState(v1alpha1.RecipientInvited, 2))
	})

	It("ORG-4 stays Active as an administrator whom the ledger keeps", func(ctx SpecContext) {
		user := s.user(ctx, luis)
		Expect(s.Delete(ctx, user)).To(Succeed())
		s.succeed(ctx)
		Expect(s.recipient(ctx, luis)).To(inState(v1alpha1.RecipientActive, 1))
	})

	It("ORG-26 keeps the UID of the account that accepted until they are invited anew", func(ctx SpecContext) {
		accepted := string(s.user(ctx, luis).UID)
		Expect(s.recipient(ctx, luis).UserUID).To(Equal(accepted))
		s.removeUser(ctx, luis)
		s.succeed(ctx)
		declared := builders.OrgUser("acme", "declared").Email(luis).Obj()
		Expect(s.Create(ctx, declared)).To(Succeed())
		s.inForce(ctx, declared)
		s.succeed(ctx)
		Expect(s.recipient(ctx, luis)).To(And(inState(v1alpha1.RecipientActive, 1), HaveField("User", "declared"), HaveField("UserUID", accepted)))

		Expect(s.Delete(ctx, declared)).To(Succeed())
		s.edit(ctx, resend)
		s.succeed(ctx)
		s.succeed(ctx)
		Expect(s.recipient(ctx, luis)).To(And(inState(v1alpha1.RecipientInvited, 2), HaveField("UserUID", string(s.user(ctx, luis).UID))))
	})

	It("is Active again with another account, and not by one that is being deleted or only cached", func(ctx SpecContext) {
		s.removeUser(ctx, luis)
		s.succeed(ctx)
		Expect(s.Create(ctx, builders.OrgUser("acme", "declared").Email(luis).Obj())).To(Succeed())
		s.succeed(ctx)
		Expect(s.recipient(ctx, luis)).To(And(removed, HaveField("HeldBy", BeEmpty())), "nobody has accepted")

		user := &v1alpha1.OrgUser{}
		Expect(s.Get(ctx, client.ObjectKey{Namespace: "acme", Name: "declared"}, user)).To(Succeed())
		s.inForce(ctx, user)
		stale := s.snapshot(ctx)
		s.succeed(ctx)
		Expect(s.recipient(ctx, luis)).To(And(inState(v1alpha1.RecipientActive, 1), HaveField("User", "declared")))

		Expect(s.Delete(ctx, user)).To(Succeed())
		s.succeed(ctx)
		Expect(s.recipient(ctx, luis)).To(removed)
		s.succeedWith(ctx, stale...)
		Expect(s.recipient(ctx, luis)).To(removed)
	})
})

var _ = Describe("A recipient whom another Invitation has made a user", func() {
	It("ORG-28 is not recognized by an account that is being deleted, and is invited when it is gone", func(ctx SpecContext) {
		s := serve(ctx, builders.Invitation("acme", "team", luis).Obj())
		kim := builders.OrgUser("acme", "kim").Email(luis).With(func(u *v1alpha1.OrgUser) { u.Finalizers = []string{v1alpha1.Finalizer} }).Obj()
		Expect(s.Create(ctx, kim)).To(Succeed())
		s.inForce(ctx, kim)
		Expect(s.Delete(ctx, kim)).To(Succeed())
		s.succeed(ctx)
		Expect(s.recipient(ctx, luis)).To(inState(v1alpha1.RecipientPending, 0))
		Expect(s.Get(ctx, client.ObjectKeyFromObject(kim), kim)).To(Succeed())
		kim.Finalizers = nil
		Expect(s.Update(ctx, kim)).To(Succeed())
		s.succeed(ctx)
		Expect(s.recipient(ctx, luis)).To(inState(v1alpha1.RecipientInvited, 1))
	})
})

// join makes a recipient a user, as the portal and the user's own reconciler do.
func (s *apiserver) join(ctx context.Context, email string) {
	GinkgoHelper()
	i := s.invitation(ctx)
	recipient := lookup.Recipient(i, email)
	recipient.State, recipient.Mail, recipient.AcceptanceTime = v1alpha1.RecipientActive, nil, &metav1.Time{Time: s.now}
	Expect(s.Status().Update(ctx, i)).To(Succeed())
	s.inForce(ctx, s.user(ctx, email))
}

// inForce writes the status of a user who has accepted.
func (s *apiserver) inForce(ctx context.Context, u *v1alpha1.OrgUser) {
	GinkgoHelper()
	u.Status.State = v1alpha1.UserActive
	status.Set(u, v1alpha1.ConditionAccepted, true, v1alpha1.ReasonAccepted, "the person has accepted")
	Expect(s.Status().Update(ctx, u)).To(Succeed())
}

// beginRemoval deletes a user whose access is not revoked yet.
func (s *apiserver) beginRemoval(ctx context.Context, email string) {
	GinkgoHelper()
	user := s.user(ctx, email)
	Expect(s.Delete(ctx, user)).To(Succeed())
	user = s.user(ctx, email)
	user.Status.State = v1alpha1.UserRemoving
	Expect(s.Status().Update(ctx, user)).To(Succeed())
}

// user returns the user that was created for an address.
func (s *apiserver) user(ctx context.Context, email string) *v1alpha1.OrgUser {
	GinkgoHelper()
	user := &v1alpha1.OrgUser{}
	Expect(s.Get(ctx, client.ObjectKey{Namespace: "acme", Name: emailaddr.ObjectName(email)}, user)).To(Succeed())
	return user
}

// snapshot returns the organization and its users as they are now.
func (s *apiserver) snapshot(ctx context.Context) []client.Object {
	GinkgoHelper()
	objects := []client.Object{builders.Organization("acme").Obj()}
	var users v1alpha1.OrgUserList
	Expect(s.List(ctx, &users)).To(Succeed())
	for n := range users.Items {
		objects = append(objects, &users.Items[n])
	}
	return objects
}

// succeedWith makes a pass with a cache that shows these objects.
func (s *apiserver) succeedWith(ctx context.Context, cached ...client.Object) {
	GinkgoHelper()
	current := s.r.cache
	s.r.cache = lookup.New(cacheOf(ctx, cached...), effective.IntakeDomains{})
	s.succeed(ctx)
	s.r.cache = current
}

// cacheOf returns a cache that shows these objects.
func cacheOf(ctx context.Context, objects ...client.Object) client.Client {
	GinkgoHelper()
	scheme := runtime.NewScheme()
	Expect(errors.Join(v1alpha1.AddToScheme(scheme), clientgoscheme.AddToScheme(scheme))).To(Succeed())
	b := fake.NewClientBuilder().WithScheme(scheme).WithObjects(objects...)
	Expect(lookup.AddIndexes(ctx, builders.Indexer{ClientBuilder: b})).To(Succeed())
	return b.Build()
}
