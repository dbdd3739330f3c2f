// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package notices

import (
	"context"
	"errors"
	"sync"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/delivery"
	"github.com/usher-operator/usher/internal/live"
	"github.com/usher-operator/usher/internal/mail"
	"github.com/usher-operator/usher/internal/status"
	"github.com/usher-operator/usher/internal/testing/builders"
	"github.com/usher-operator/usher/internal/testing/world"
)

// fakeMailer is a mail server that keeps what it receives, after look has seen it.
type fakeMailer struct {
	look func(mail.Message)
	mu   sync.Mutex
	sent []string
}

func (b *fakeMailer) Send(_ context.Context, m mail.Message) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.look(m)
	b.sent = append(b.sent, m.MessageID)
	return nil
}

// dying is a client that cannot write a status while dead is true, like that of an operator that was killed.
type dying struct {
	client.Client
	dead *bool
}

func (d dying) Status() client.SubResourceWriter { return dyingWriter{d.Client.Status(), d.dead} }

type dyingWriter struct {
	client.SubResourceWriter
	dead *bool
}

var errKilled = errors.New("killed")

func (d dyingWriter) Patch(ctx context.Context, o client.Object, p client.Patch, opts ...client.SubResourcePatchOption) error {
	if *d.dead {
		return errKilled
	}
	return d.SubResourceWriter.Patch(ctx, o, p, opts...)
}

var _ = Describe("The notices of an organization", Ordered, func() {
	var (
		w    *world.World
		o    *v1alpha1.Organization
		n    *organizationReconciler
		box  *fakeMailer
		dead bool
	)

	BeforeAll(func() { w = world.Get() })
	BeforeEach(func(ctx context.Context) {
		ns := w.Namespace(ctx, "acme")
		o = builders.Organization(ns).Module("helpdesk", 1).With(func(o *v1alpha1.Organization) {
			o.Spec.Contacts = []v1alpha1.Contact{{
				Name: "Service", Notify: []v1alpha1.Notification{v1alpha1.NotifyAlerts},
				Methods: []v1alpha1.ContactMethod{{Type: v1alpha1.MethodEmail, Value: "service@acme.example"}},
			}}
		}).Obj()
		o.Status.Modules = []v1alpha1.ModuleStatus{{Name: "helpdesk", Seats: status.Count(1), Used: status.Count(1), Holders: []string{"kim"}}}
		w.Put(ctx, o)
		dead = false
		clients, _ := w.Clients(ctx)
		box = &fakeMailer{look: func(mail.Message) {}}
		n = &organizationReconciler{New(dying{clients.Client, &dead}, clients.Cache, clients.API, delivery.NewPostbox(box, nil), nil,
			"usher.example", delivery.NewDispatcher(0, live.Of(0), time.Now), time.Now)}
	})
	now := func(ctx context.Context) *v1alpha1.Organization {
		GinkgoHelper()
		newest := &v1alpha1.Organization{}
		Expect(w.Client.Get(ctx, client.ObjectKeyFromObject(o), newest)).To(Succeed())
		return newest
	}
	pass := func(ctx context.Context, seen *v1alpha1.Organization) error {
		_, err := n.Reconcile(ctx, seen)
		return err
	}
	delivery := func(o *v1alpha1.Organization) v1alpha1.NoticeDeliveryStatus {
		GinkgoHelper()
		Expect(o.Status.Notices.Alerts).To(HaveLen(1))
		return o.Status.Notices.Alerts[0].Deliveries[0]
	}

	It("GTA-12 are written before they are sent, and sent once, however outdated the cache is", func(ctx context.Context) {
		box.look = func(m mail.Message) {
			Expect(delivery(now(ctx))).To(And(HaveField("State", v1alpha1.NoticeQueued), HaveField("MessageID", m.MessageID)))
		}
		stale := now(ctx)
		Expect(pass(ctx, now(ctx))).To(Succeed())
		Expect(delivery(now(ctx))).To(And(HaveField("State", v1alpha1.NoticeSent), HaveField("Attempts", BeEquivalentTo(1))))
		version := now(ctx).ResourceVersion
		Expect(pass(ctx, stale)).To(Succeed())
		Expect(pass(ctx, now(ctx))).To(Succeed())
		Expect(box.sent).To(HaveLen(1))
		Expect(now(ctx).ResourceVersion).To(Equal(version), "nothing differs, so nothing is written")
	})

	It("are not sent if the operator is killed before they are written", func(ctx context.Context) {
		dead = true
		Expect(pass(ctx, now(ctx))).To(MatchError(errKilled))
		Expect(box.sent).To(BeEmpty())
		dead = false
		Expect(pass(ctx, now(ctx))).To(Succeed())
		Expect(box.sent).To(HaveLen(1))
	})

	It("are sent again under the same Message-ID if the operator is killed before it has recorded the sending", func(ctx context.Context) {
		box.look = func(mail.Message) { dead = true }
		Expect(pass(ctx, now(ctx))).To(MatchError(errKilled))
		Expect(delivery(now(ctx)).State).To(Equal(v1alpha1.NoticeQueued))
		dead, box.look = false, func(mail.Message) {}
		Expect(pass(ctx, now(ctx))).To(Succeed())
		Expect(box.sent).To(HaveExactElements(delivery(now(ctx)).MessageID, delivery(now(ctx)).MessageID))
		Expect(pass(ctx, now(ctx))).To(Succeed())
		Expect(box.sent).To(HaveLen(2))
	})

	It("are not sent to a contact who has been removed in the meantime", func(ctx context.Context) {
		dead = false
		box.look = func(mail.Message) { dead = true }
		Expect(pass(ctx, now(ctx))).To(MatchError(errKilled))
		dead = false
		seen := now(ctx)
		gone := now(ctx)
		gone.Spec.Contacts = nil
		Expect(w.Client.Update(ctx, gone)).To(Succeed())
		Expect(pass(ctx, seen)).To(Succeed(), "with a cache that does not show it")
		Expect(box.sent).To(HaveLen(1))
		Expect(pass(ctx, now(ctx))).To(Succeed())
		Expect(now(ctx).Status.Notices.Alerts).To(HaveExactElements(HaveField("Deliveries", BeEmpty())))
	})

	It("leave the ledger to its own writer: the patch contains notices only", func(ctx context.Context) {
		seen := now(ctx)
		other := now(ctx)
		other.Status.Administrators = []string{"ana"}
		Expect(w.Client.Status().Update(ctx, other)).To(Succeed())
		Expect(pass(ctx, seen)).To(Succeed())
		Expect(now(ctx).Status.Administrators).To(Equal([]string{"ana"}))
		Expect(now(ctx).Status.Modules).To(HaveLen(1))
	})
})
