// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package setup

import (
	"context"
	"errors"
	"strings"
	"unicode/utf8"

	"github.com/go-logr/logr"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/events"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/usher-operator/usher/internal/mail"
)

var _ = Describe("The ConfigMap with mail templates", func() {
	var (
		key      = types.NamespacedName{Namespace: "usher-system", Name: DefaultMailTemplates}
		api      client.Client
		recorder *events.FakeRecorder
		leads    bool
		m        *mailTemplates
	)

	BeforeEach(func() {
		api = fake.NewClientBuilder().WithScheme(NewScheme()).Build()
		recorder = events.NewFakeRecorder(10)
		leads = false
		m = &mailTemplates{
			client: api, key: key, inForce: &mail.InForce{}, recorder: recorder, leads: func() bool { return leads }, log: logr.Discard(),
			features: newFeatures(logr.Discard(), key.Namespace),
		}
	})

	button := func() string {
		GinkgoHelper()
		r, err := m.inForce.Render(mail.Content{
			Kind: mail.Invitation, Language: "en", Organization: "Acme", URL: "https://usher.acme.example/i/x",
		})
		Expect(err).NotTo(HaveOccurred())
		before, _, _ := strings.Cut(r.Text, ":\nhttps://")
		return before[strings.LastIndex(before, "\n")+1:]
	}
	write := func(ctx context.Context, catalogue string) {
		GinkgoHelper()
		configMap := &corev1.ConfigMap{
			ObjectMeta: metav1.ObjectMeta{Namespace: key.Namespace, Name: key.Name}, Data: map[string]string{"en.json": catalogue},
		}
		Expect(client.IgnoreNotFound(api.Delete(ctx, configMap.DeepCopy()))).To(Succeed())
		Expect(api.Create(ctx, configMap)).To(Succeed())
	}
	reconciled := func(ctx context.Context) {
		GinkgoHelper()
		Expect(m.Reconcile(ctx, reconcile.Request{NamespacedName: key})).To(BeZero())
	}

	It("is in force from the start and after each change, with one event from the leader", func(ctx context.Context) {
		Expect(m.start(ctx, api)).To(Succeed())
		Expect(button()).To(Equal("Accept invitation"))

		write(ctx, `{"Invitation.button": "Come in"}`)
		Expect(m.start(ctx, api)).To(Succeed())
		Expect(button()).To(Equal("Come in"))
		reconciled(ctx)
		Expect(recorder.Events).To(BeEmpty(), "this replica does not lead")

		leads = true
		reconciled(ctx)
		reconciled(ctx)
		Expect(recorder.Events).To(HaveLen(1))
		Expect(<-recorder.Events).To(HavePrefix("Normal " + ReasonTemplatesInForce))
	})

	It("leaves the templates in force and says why when it is broken, and those that ship when it is deleted", func(ctx context.Context) {
		leads = true
		write(ctx, `{"Invitation.button": "Come in"}`)
		reconciled(ctx)
		<-recorder.Events
		write(ctx, `{"Invitation.button": "Come in, {nobody}"}`)
		reconciled(ctx)
		Expect(button()).To(Equal("Come in"))
		Expect(<-recorder.Events).To(SatisfyAll(HavePrefix("Warning "+ReasonTemplatesBroken), ContainSubstring("en.json"), ContainSubstring("{nobody}")))

		write(ctx, `{"Invitation.button": "Come in"}`)
		reconciled(ctx)
		Expect(<-recorder.Events).To(HavePrefix("Normal " + ReasonTemplatesInForce))

		Expect(api.DeleteAllOf(ctx, &corev1.ConfigMap{}, client.InNamespace(key.Namespace))).To(Succeed())
		reconciled(ctx)
		reconciled(ctx)
		Expect(button()).To(Equal("Accept invitation"))
		Expect(<-recorder.Events).To(HavePrefix("Normal " + ReasonTemplatesRemoved))
		Expect(recorder.Events).To(BeEmpty())
	})

	It("leaves the templates that ship when it is broken from the start", func(ctx context.Context) {
		write(ctx, `[]`)
		Expect(m.start(ctx, api)).To(Succeed())
		Expect(button()).To(Equal("Accept invitation"))
	})

	It("has no effect under another name", func(ctx context.Context) {
		write(ctx, `{"Invitation.button": "Come in"}`)
		Expect(m.Reconcile(ctx, reconcile.Request{NamespacedName: types.NamespacedName{Namespace: key.Namespace, Name: "other"}})).To(BeZero())
		Expect(button()).To(Equal("Accept invitation"))
	})

	It("is left alone when the operator may not read it, which says which right is missing; other errors stop the start", func(ctx context.Context) {
		var answer error = apierrors.NewForbidden(corev1.Resource("configmaps"), key.Name, nil)
		refusing := interceptor.NewClient(fake.NewClientBuilder().Build(), interceptor.Funcs{
			List: func(context.Context, client.WithWatch, client.ObjectList, ...client.ListOption) error { return answer },
		})
		o := options()
		o.MailTemplates, o.features = key.Name, newFeatures(logr.Discard(), o.Namespace)
		Expect(checkMailTemplates(ctx, refusing, &o)).To(Succeed())
		Expect(o.MailTemplates).To(BeEmpty())
		Expect(o.features.wrong).To(HaveKeyWithValue(featureMailTemplates, SatisfyAll(
			ContainSubstring(key.String()), ContainSubstring("get, list and watch"), ContainSubstring("--mail-templates="))))

		answer, o.MailTemplates = errors.New("no answer"), key.Name
		Expect(checkMailTemplates(ctx, refusing, &o)).To(MatchError("no answer"))
	})

	It("is not left alone when the API server, which has just started, knows no roles yet", func(ctx context.Context) {
		forbidden := apierrors.NewForbidden(corev1.Resource("all"), "", nil)
		secrets, lists := error(forbidden), []error{forbidden, forbidden, nil}
		starting := interceptor.NewClient(fake.NewClientBuilder().Build(), interceptor.Funcs{
			Get: func(context.Context, client.WithWatch, client.ObjectKey, client.Object, ...client.GetOption) error {
				return secrets
			},
			List: func(context.Context, client.WithWatch, client.ObjectList, ...client.ListOption) error {
				defer func() { lists = lists[1:] }()
				return lists[0]
			},
		})
		o := options()
		o.MailTemplates, o.features = key.Name, newFeatures(logr.Discard(), o.Namespace)
		Expect(checkMailTemplates(ctx, starting, &o)).To(MatchError(ContainSubstring("usher-link-keys")), "it is started again")
		secrets = nil
		Expect(checkMailTemplates(ctx, starting, &o)).To(Succeed())
		Expect(lists).To(BeEmpty())
		Expect(o.MailTemplates).To(Equal(key.Name))
		Expect(o.features.wrong).To(BeEmpty())
	})

	It("has its errors cut to the size of an event", func() {
		text := note(errors.New(strings.Repeat("é", 2000)))
		Expect(len(text)).To(BeNumerically("<=", maxNote))
		Expect(utf8.ValidString(text)).To(BeTrue())
		Expect(text).To(HaveSuffix("(the operator's log has the whole list)"))
		Expect(note(errors.New("a\nb"))).To(HaveSuffix("a; b"))
	})
})
