// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package orguser

import (
	"context"
	"errors"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/delivery"
	"github.com/usher-operator/usher/internal/delivery/onboardingmail"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/live"
	"github.com/usher-operator/usher/internal/lookup"
	"github.com/usher-operator/usher/internal/mail"
	"github.com/usher-operator/usher/internal/mapper"
	"github.com/usher-operator/usher/internal/testing/builders"
)

// mailFunc is a mail server.
type mailFunc func(mail.Message) error

func (f mailFunc) Send(_ context.Context, m mail.Message) error { return f(m) }

var errKilled = errors.New("killed")

var _ = Describe("A user whose access changes", func() {
	var (
		clock   time.Time
		c       client.Client
		writes  int
		dead    bool
		arrives func(mail.Message) error
		got     []mail.Message
	)
	acme := builders.Organization("acme").PrimaryAdministrator("Ana Pérez", "ana@acme.example")
	key := client.ObjectKey{Namespace: "acme", Name: "luis"}

	BeforeEach(func(ctx context.Context) {
		clock, writes, dead, got = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC), 0, false, nil
		arrives = func(mail.Message) error { return nil }
		c = fakeClient(ctx, interceptor.Funcs{SubResourcePatch: func(ctx context.Context, c client.Client, sub string, o client.Object,
			p client.Patch, opts ...client.SubResourcePatchOption,
		) error {
			if dead {
				return errKilled
			}
			writes++
			return c.SubResource(sub).Patch(ctx, o, p, opts...)
		}}, acme.Obj(), builders.Owned("support"), builders.OrgUser("acme", "luis").Existing().Obj(),
			builders.OrgUser("acme", "ana").Existing().With(func(u *v1alpha1.OrgUser) {
				u.Status.State, u.Status.DisplayName = v1alpha1.UserActive, "Ana Pérez"
			}).Obj())
	})

	luis := func(ctx context.Context) *v1alpha1.OrgUser {
		GinkgoHelper()
		var u v1alpha1.OrgUser
		Expect(c.Get(ctx, key, &u)).To(Succeed())
		return &u
	}
	// settle makes passes over luis until nothing differs.
	settle := func(ctx context.Context) *v1alpha1.OrgUser {
		GinkgoHelper()
		r := overFake(c)
		r.now = func() time.Time { return clock }
		for range 10 {
			before := luis(ctx)
			_, err := r.Reconcile(ctx, before.DeepCopy())
			Expect(err).NotTo(HaveOccurred())
			if luis(ctx).ResourceVersion == before.ResourceVersion {
				return before
			}
		}
		Fail("the user does not settle")
		return nil
	}
	// deliver makes a pass of the mail controller over a user as its cache shows it.
	deliver := func(ctx context.Context, seen *v1alpha1.OrgUser) (ctrl.Result, error) {
		now := func() time.Time { return clock }
		box := mailFunc(func(m mail.Message) error {
			got = append(got, m)
			return arrives(m)
		})
		m := NewMail(c, lookup.New(c, effective.IntakeDomains{}), lookup.NewAPIReader(c), onboardingmail.Writer{}, delivery.NewPostbox(box, nil),
			delivery.NewDispatcher(1, live.Of(0), now), now)
		return (&laneMail{m, delivery.Lanes()[0]}).Reconcile(ctx, seen)
	}
	change := func(ctx context.Context, how func(*v1alpha1.OrgUser)) {
		GinkgoHelper()
		u := luis(ctx)
		how(u)
		u.Generation++
		Expect(c.Update(ctx, u)).To(Succeed())
	}
	promoted := func(u *v1alpha1.OrgUser) {
		u.Spec.Role = v1alpha1.RoleTechnician
		u.Spec.Workspaces = []v1alpha1.WorkspaceGrant{{Name: "support", Access: v1alpha1.WorkspaceEdit}}
	}

	It("NOV-12 is told by one mail, an hour later, which names the access and whom to ask", func(ctx context.Context) {
		Expect(settle(ctx).Status).To(And(HaveField("State", v1alpha1.UserActive), HaveField("AccessChange", BeNil())))
		change(ctx, promoted)
		seen := settle(ctx)
		Expect(deliver(ctx, seen)).To(Equal(ctrl.Result{RequeueAfter: time.Hour}))
		Expect(got).To(BeEmpty())
		clock = clock.Add(time.Hour)
		Expect(deliver(ctx, seen)).To(Equal(ctrl.Result{}))
		Expect(deliver(ctx, seen)).To(Equal(ctrl.Result{}), "with a cache that does not show that it was sent")
		Expect(got).To(HaveExactElements(And(HaveField("To", "luis@acme.example"), HaveField("ReplyTo", "ana@acme.example"),
			HaveField("Subject", "Your access to acme has changed"), HaveField("Text", And(
				MatchRegexp(`^Hello Luis.*,\n\nYour access to acme has changed\.`),
				ContainSubstring("\n\nRole: Technician\nFormer role: Member\nNew workspace: support (acme-support): you can edit\n"+
					"If in doubt, ask: Ana Pérez (ana@acme.example)\n\n"))))))
		Expect(luis(ctx).Status.AccessChange.Mail).To(HaveValue(And(HaveField("State", v1alpha1.MailSent), HaveField("MessageID", got[0].MessageID))))
	})

	It("NOV-12 is written together with the access, and nothing is written when nothing differs", func(ctx context.Context) {
		settle(ctx)
		writes = 0
		settle(ctx)
		Expect(writes).To(BeZero())
		Expect(c.Create(ctx, builders.OrgUser("acme", "eva").Obj())).To(Succeed())
		change(ctx, func(u *v1alpha1.OrgUser) { u.Spec.Role = v1alpha1.RoleNotificationsOnly })
		settle(ctx)
		Expect(writes).To(Equal(1))
		Expect(luis(ctx).Status.AccessChange.FormerRole).To(Equal(v1alpha1.RoleMember))
	})

	It("NOV-12 is told once more under the same Message-ID if the operator is killed before it has recorded the sending", func(ctx context.Context) {
		settle(ctx)
		change(ctx, promoted)
		settle(ctx)
		clock = clock.Add(time.Hour)
		arrives = func(mail.Message) error { dead = true; return nil }
		_, err := deliver(ctx, luis(ctx))
		Expect(err).To(MatchError(errKilled))
		dead, arrives = false, func(mail.Message) error { return nil }
		settle(ctx)
		_, err = deliver(ctx, luis(ctx))
		Expect(err).NotTo(HaveOccurred())
		Expect(got).To(HaveLen(2))
		Expect(got[1].MessageID).To(Equal(got[0].MessageID))
		Expect(got[1].Text).To(Equal(got[0].Text))
	})

	It("NOV-12 loses no change that comes while the mail is being sent", func(ctx context.Context) {
		settle(ctx)
		change(ctx, promoted)
		settle(ctx)
		clock = clock.Add(time.Hour)
		arrives = func(mail.Message) error {
			change(ctx, func(u *v1alpha1.OrgUser) { u.Spec.Role = v1alpha1.RoleUserAdmin })
			settle(ctx)
			return nil
		}
		_, err := deliver(ctx, luis(ctx))
		Expect(err).NotTo(HaveOccurred())
		Expect(settle(ctx).Status.AccessChange).To(HaveValue(And(HaveField("FormerRole", v1alpha1.RoleTechnician),
			HaveField("Mail.NextAttemptTime.Time", BeTemporally("==", clock.Add(24*time.Hour))))))
	})

	DescribeTable("is told nothing", func(ctx context.Context, meanwhile func(*v1alpha1.OrgUser, *v1alpha1.Organization)) {
		settle(ctx)
		change(ctx, promoted)
		queued := settle(ctx)
		Expect(queued.Status.AccessChange.Mail).NotTo(BeNil())
		u, o := luis(ctx), &v1alpha1.Organization{}
		Expect(c.Get(ctx, client.ObjectKey{Namespace: "acme", Name: "acme"}, o)).To(Succeed())
		meanwhile(u, o)
		switch {
		case u.DeletionTimestamp != nil:
			Expect(c.Delete(ctx, luis(ctx))).To(Succeed())
		case !equality.Semantic.DeepEqual(u.Spec, queued.Spec):
			u.Generation++
			Expect(c.Update(ctx, u)).To(Succeed())
		}
		Expect(c.Update(ctx, o)).To(Succeed())
		clock = clock.Add(2 * time.Hour)
		_, err := deliver(ctx, queued)
		Expect(apierrors.IsNotFound(err) || err == nil).To(BeTrue())
		if u.DeletionTimestamp == nil {
			Expect(settle(ctx).Status.AccessChange).To(Or(BeNil(), HaveField("Mail", BeNil())))
			_, err = deliver(ctx, luis(ctx))
			Expect(err).NotTo(HaveOccurred())
		}
		Expect(got).To(BeEmpty())
	},
		Entry("NOV-12 when the organization does not want it", func(_ *v1alpha1.OrgUser, o *v1alpha1.Organization) {
			o.Spec.Settings.AccessMails = v1alpha1.AccessMailsNever
		}),
		Entry("NOV-13 while suspended", func(u *v1alpha1.OrgUser, _ *v1alpha1.Organization) { u.Spec.Suspend = true }),
		Entry("LMI-2 as a Limited account", func(u *v1alpha1.OrgUser, _ *v1alpha1.Organization) {
			u.Spec.Role, u.Spec.Access = v1alpha1.RoleMember, v1alpha1.AccessLimited
		}),
		Entry("ORG-26 when the user is deleted", func(u *v1alpha1.OrgUser, _ *v1alpha1.Organization) { u.DeletionTimestamp = &u.CreationTimestamp }),
		Entry("when the change is undone", func(u *v1alpha1.OrgUser, _ *v1alpha1.Organization) {
			u.Spec.Role, u.Spec.Workspaces = v1alpha1.RoleMember, nil
		}),
	)

	It("is looked at again when the organization no longer wants people to be told", func(ctx context.Context) {
		settle(ctx)
		change(ctx, promoted)
		settle(ctx)
		Expect(c.Create(ctx, builders.OrgUser("acme", "eva").Obj())).To(Succeed())
		never := acme.Obj()
		never.Spec.Settings.AccessMails = v1alpha1.AccessMailsNever
		Expect(names(overFake(c).usersForOrganization(ctx, mapper.Change[*v1alpha1.Organization]{Before: acme.Obj(), After: never}))).To(
			HaveExactElements("luis"))
	})
})
