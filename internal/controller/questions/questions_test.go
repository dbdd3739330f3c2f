// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package questions

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/google/uuid"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/tools/events"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/delivery"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/linktoken"
	"github.com/usher-operator/usher/internal/live"
	"github.com/usher-operator/usher/internal/lookup"
	"github.com/usher-operator/usher/internal/mail"
	"github.com/usher-operator/usher/internal/mapper"
	"github.com/usher-operator/usher/internal/question"
	"github.com/usher-operator/usher/internal/question/store"
	"github.com/usher-operator/usher/internal/testing/builders"
)

// fakeMailer is a mail server that keeps what it receives, or fails.
type fakeMailer struct {
	taken []mail.Message
	err   error
}

// Send implements delivery.Mailer.
func (f *fakeMailer) Send(_ context.Context, m mail.Message) error {
	if f.err != nil {
		return f.err
	}
	f.taken = append(f.taken, m)
	return nil
}

func (f *fakeMailer) to(address string) []string {
	var ids []string
	for _, m := range f.taken {
		if m.To == address {
			ids = append(ids, m.MessageID)
		}
	}
	return ids
}

var _ = Describe("A question at the controller", func() {
	const clara, queue = "clara@customer.example", "queue@acme.example"
	var (
		now       time.Time
		box       *fakeMailer
		api       client.WithWatch
		r         *Reconciler
		recorder  *events.FakeRecorder
		workspace *v1alpha1.Workspace
		// failUpdates is how many writes of questions fail; failUsers makes those of accounts fail.
		failUpdates int
		failUsers   bool
	)

	BeforeEach(func(ctx context.Context) {
		now, box, failUpdates, failUsers = time.Date(2026, time.November, 22, 12, 0, 0, 0, time.UTC), &fakeMailer{}, 0, false
		Expect(v1alpha1.AddToScheme(clientgoscheme.Scheme)).To(Succeed())
		workspace = builders.Workspace("acme", "support").Obj()
		workspace.UID = types.UID(uuid.NewString())
		workspace.Spec.Portal = &v1alpha1.CustomerPortal{Title: "Soporte", QueueEmail: queue}
		b := fake.NewClientBuilder().WithScheme(clientgoscheme.Scheme).WithObjects(builders.Organization("acme").Obj(), workspace)
		Expect(lookup.AddIndexes(ctx, builders.Indexer{ClientBuilder: b})).To(Succeed())
		Expect(store.AddIndexes(ctx, builders.Indexer{ClientBuilder: b})).To(Succeed())
		api = interceptor.NewClient(b.Build(), interceptor.Funcs{
			Create: func(ctx context.Context, c client.WithWatch, o client.Object, opts ...client.CreateOption) error {
				if _, user := o.(*v1alpha1.OrgUser); user && failUsers {
					return errors.New("no more users")
				}
				o.SetUID(types.UID(uuid.NewString()))
				o.SetCreationTimestamp(metav1.NewTime(now))
				return c.Create(ctx, o, opts...)
			},
			Update: func(ctx context.Context, c client.WithWatch, o client.Object, opts ...client.UpdateOption) error {
				if failUpdates--; failUpdates >= 0 {
					return errors.New("the API server is away")
				}
				return c.Update(ctx, o, opts...)
			},
		})
		keys, err := linktoken.NewKeys(map[string][]byte{"0001": linktoken.NewKey()})
		Expect(err).NotTo(HaveOccurred())
		ring := &linktoken.KeyRing{}
		ring.Replace(keys)
		recorder = events.NewFakeRecorder(10)
		clock := func() time.Time { return now }
		links := linktoken.NewLinks(ring, "https://portal.acme.example")
		kept := &store.Store{Client: api, API: api, Namespace: "usher-system", Now: clock}
		r = New(api, lookup.New(api, effective.IntakeDomains{}), lookup.NewAPIReader(api), recorder, kept, delivery.NewPostbox(box, nil),
			links, "acme.example", delivery.NewDispatcher(0, live.Of(0), clock), clock)
		Expect(r.questions.Keep(ctx, "form", &question.Question{
			Record: question.Record{
				Organization: "acme", Workspace: "support", WorkspaceUID: workspace.UID, Subject: "subject",
				Asker: linktoken.AddressDigest(clara), Address: clara, Queue: queue,
			},
			Text: "secret text",
		})).To(Succeed())
	})

	secrets := func(ctx context.Context) []corev1.Secret {
		GinkgoHelper()
		var list corev1.SecretList
		Expect(api.List(ctx, &list)).To(Succeed())
		return list.Items
	}
	pass := func(ctx context.Context) error {
		GinkgoHelper()
		all := secrets(ctx)
		Expect(all).To(HaveLen(1))
		_, err := r.Reconcile(ctx, &all[0])
		return err
	}
	confirm := func(ctx context.Context) {
		GinkgoHelper()
		_, err := r.questions.Amend(ctx, secrets(ctx)[0].Name, func(q *question.Question) error { q.Confirm(now); return nil })
		Expect(err).NotTo(HaveOccurred())
	}

	It("GTA-8 waits, without another pass, for the owner of a queue that has changed, and goes nowhere else", func(ctx context.Context) {
		Expect(pass(ctx)).To(Succeed())
		confirm(ctx)
		workspace.Spec.Portal.QueueEmail = "new@acme.example"
		workspace.Status.Queue = v1alpha1.QueueStatus{Email: "new@acme.example", State: v1alpha1.QueueRequested}
		Expect(api.Update(ctx, workspace)).To(Succeed())
		result, err := r.Reconcile(ctx, &secrets(ctx)[0])
		Expect(err).NotTo(HaveOccurred())
		Expect(result.RequeueAfter).To(Equal(question.KeepFor))
		Expect(box.to(clara)).To(HaveLen(2), "the receipt is sent")
		Expect(box.to(queue)).To(BeEmpty())
		Expect(box.to("new@acme.example")).To(BeEmpty())

		before := workspace.DeepCopy()
		workspace.Status.Queue.State = v1alpha1.QueueConfirmed
		Expect(api.Update(ctx, workspace)).To(Succeed())
		Expect(r.questionsForWorkspace(ctx, mapper.Change[*v1alpha1.Workspace]{Before: before, After: workspace})).To(HaveLen(1))
		Expect(pass(ctx)).To(Succeed())
		Expect(box.to("new@acme.example")).To(HaveLen(1))
		Expect(box.to(queue)).To(BeEmpty())
	})

	DescribeTable("GTA-8 has a receipt that is answered if the workspace receives mail", func(ctx context.Context, receives bool, intake, replyTo, says string) {
		workspace.Spec.Portal.IntakeEmail = v1alpha1.EmailAddress(intake)
		Expect(api.Update(ctx, workspace)).To(Succeed())
		r.ReceivesMail(receives)
		confirm(ctx)
		Expect(pass(ctx)).To(Succeed())
		receipts := slices.DeleteFunc(box.taken, func(m mail.Message) bool { return m.To != clara })
		Expect(receipts).To(ConsistOf(And(HaveField("ReplyTo", replyTo), HaveField("Text", ContainSubstring(says)))))
		Expect(receipts[0].Text).NotTo(ContainSubstring(queue), "the queue's address is not told")
	},
		Entry("at an intake", true, "Help@acme.example", "help@acme.example", "If you reply to this mail, your answer goes to Soporte (help@acme.example)."),
		Entry("not without an intake", true, "", "", "This is an automatic message"),
		Entry("not while the operator receives none", false, "help@acme.example", "", "This is an automatic message"),
	)

	It("is sent again with the same Message-ID if the outcome could not be written (GTA-8)", func(ctx context.Context) {
		Expect(pass(ctx)).To(Succeed())
		confirm(ctx)
		Expect(pass(ctx)).To(Succeed())
		Expect(box.to(clara)).To(HaveLen(2), "confirmation and receipt")
		Expect(box.to(queue)).To(HaveLen(1))

		By("failing to write after the mail, twice")
		box.taken = nil
		Expect(r.questions.Keep(ctx, "second", &question.Question{Record: question.Record{
			Organization: "acme", Workspace: "support", WorkspaceUID: workspace.UID, Subject: "second",
			Asker: linktoken.AddressDigest("sam@customer.example"), Address: "sam@customer.example", Queue: queue,
		}, Text: "secret text"})).To(Succeed())
		second := func() *corev1.Secret {
			for _, s := range secrets(ctx) {
				if len(s.Data) == 2 {
					return &s
				}
			}
			return nil
		}
		for range 2 {
			failUpdates = 1
			_, err := r.Reconcile(ctx, second())
			Expect(err).To(MatchError(And(ContainSubstring("away"), Not(ContainSubstring("secret")), Not(ContainSubstring("sam@")))))
		}
		_, err := r.Reconcile(ctx, second())
		Expect(err).NotTo(HaveOccurred())
		ids := box.to("sam@customer.example")
		Expect(ids).To(And(HaveLen(3), HaveEach(ids[0])))
		_, err = r.Reconcile(ctx, second())
		Expect(err).NotTo(HaveOccurred())
		Expect(box.to("sam@customer.example")).To(HaveLen(3), "it is written now")
	})

	It("is passed on although the account cannot be created, and the account follows, once (LMI-2)", func(ctx context.Context) {
		confirm(ctx)
		failUsers = true
		Expect(pass(ctx)).To(MatchError(ContainSubstring("no more users")))
		Expect(box.to(queue)).To(HaveLen(1))
		failUsers = false
		Expect(pass(ctx)).To(Succeed())
		var users v1alpha1.OrgUserList
		Expect(api.List(ctx, &users)).To(Succeed())
		Expect(users.Items).To(ConsistOf(HaveField("Spec.Email", v1alpha1.EmailAddress(clara))))
		Expect(secrets(ctx)[0].Data).To(HaveKeyWithValue("record.json", Not(ContainSubstring(clara))))
		Expect(box.to(queue)).To(HaveLen(1))

		By("deleting the account")
		Expect(api.Delete(ctx, &users.Items[0])).To(Succeed())
		Expect(pass(ctx)).To(Succeed())
		Expect(box.taken).To(HaveLen(2), "nothing is recreated or sent again")
	})

	It("is deleted if it is not confirmed within a day; if confirmed, after a month, which an event reports", func(ctx context.Context) {
		Expect(pass(ctx)).To(Succeed())
		now = now.Add(question.ConfirmWithin - time.Second)
		Expect(pass(ctx)).To(Succeed())
		confirm(ctx)
		box.err = errors.New("away for a month")
		Expect(pass(ctx)).To(Succeed())
		now = now.Add(question.KeepFor - time.Second)
		Expect(pass(ctx)).To(Succeed())
		Expect(recorder.Events).To(BeEmpty())
		now = now.Add(time.Second)
		Expect(pass(ctx)).To(Succeed())
		Expect(secrets(ctx)).To(BeEmpty())
		Expect(recorder.Events).To(Receive(And(ContainSubstring(ReasonQuestionDropped), Not(ContainSubstring("secret")), Not(ContainSubstring(clara)))))
	})

	It("is deleted with the page if unconfirmed; if confirmed, it is sent to the last known queue; its record is deleted with the organization", func(ctx context.Context) {
		confirm(ctx)
		box.err = errors.New("away")
		Expect(pass(ctx)).To(Succeed())
		Expect(api.Delete(ctx, workspace)).To(Succeed())
		box.err = nil
		now = now.Add(time.Minute)
		Expect(pass(ctx)).To(Succeed())
		Expect(box.to(queue)).To(HaveLen(1))
		Expect(secrets(ctx)).To(HaveLen(1))
		Expect(api.Delete(ctx, builders.Organization("acme").Obj())).To(Succeed())
		Expect(pass(ctx)).To(Succeed())
		Expect(secrets(ctx)).To(BeEmpty())
	})

	It("OPS-5 that waits for its asker stays with its workspace when that is restored, and ends with a new one of the same name", func(ctx context.Context) {
		former := effective.IdentityOf(workspace)
		replace := func(identity *v1alpha1.Identity) {
			GinkgoHelper()
			Expect(api.Delete(ctx, workspace)).To(Succeed())
			workspace.ResourceVersion, workspace.Status.Identity = "", identity
			Expect(api.Create(ctx, workspace)).To(Succeed())
		}
		Expect(pass(ctx)).To(Succeed())
		replace(&former)
		Expect(workspace.UID).NotTo(BeEquivalentTo(former.UID))
		Expect(pass(ctx)).To(Succeed())
		Expect(secrets(ctx)).To(HaveLen(1), "it still waits")
		confirm(ctx)
		Expect(pass(ctx)).To(Succeed())
		Expect(box.to(queue)).To(HaveLen(1))

		Expect(r.questions.Keep(ctx, "another form", &question.Question{
			Record: question.Record{
				Organization: "acme", Workspace: "support", WorkspaceUID: types.UID(former.UID), Subject: "another subject",
				Asker: linktoken.AddressDigest(clara), Address: clara, Queue: queue,
			},
			Text: "secret text",
		})).To(Succeed())
		replace(nil)
		for _, secret := range secrets(ctx) {
			_, err := r.Reconcile(ctx, &secret)
			Expect(err).NotTo(HaveOccurred())
		}
		Expect(secrets(ctx)).To(HaveLen(1), "the record of the first one")
	})

	It("that somebody has broken is left alone for a month, and nothing of it is disclosed", func(ctx context.Context) {
		all := secrets(ctx)
		all[0].Data["record.json"] = []byte("secret text")
		Expect(api.Update(ctx, &all[0])).To(Succeed())
		Expect(pass(ctx)).To(Succeed())
		Expect(secrets(ctx)).To(HaveLen(1))
		now = now.Add(question.KeepFor)
		Expect(pass(ctx)).To(Succeed())
		Expect(secrets(ctx)).To(BeEmpty())
		Expect(box.taken).To(BeEmpty())
	})
})
