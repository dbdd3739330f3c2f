// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package intake

import (
	"context"
	"errors"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/tools/events"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/limited"
	"github.com/usher-operator/usher/internal/lookup"
	"github.com/usher-operator/usher/internal/testing/builders"
)

// indexer hands the cache's indexes to a client without a cache.
type indexer struct{ *fake.ClientBuilder }

func (i indexer) IndexField(_ context.Context, object client.Object, field string, extract client.IndexerFunc) error {
	if _, ok := object.(interface{ GetConditions() *[]metav1.Condition }); ok { // Usher's kinds
		i.WithIndex(object, field, extract)
	}
	return nil
}

func cluster(funcs interceptor.Funcs, objects ...client.Object) Cluster {
	GinkgoHelper()
	scheme := runtime.NewScheme()
	Expect(v1alpha1.AddToScheme(scheme)).To(Succeed())
	b := fake.NewClientBuilder().WithScheme(scheme).WithObjects(objects...).WithInterceptorFuncs(funcs)
	Expect(lookup.AddIndexes(context.Background(), indexer{b})).To(Succeed())
	c := b.Build()
	return Cluster{Client: c, Accounts: limited.NewCreator(c, lookup.NewAPIReader(c))}
}

func takesIn(organization, name string, age time.Duration) *v1alpha1.Workspace {
	w := builders.Workspace(organization, name).With(func(w *v1alpha1.Workspace) {
		w.Spec.Portal = &v1alpha1.CustomerPortal{Title: "Help", QueueEmail: queue, IntakeEmail: "Support@in.acme.example"}
	}).Obj()
	w.CreationTimestamp = metav1.NewTime(time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC).Add(-age))
	return w
}

var _ = Describe("A cluster", func() {
	It("knows whose an intake address is: the oldest workspace's", func(ctx context.Context) {
		c := cluster(interceptor.Funcs{}, builders.Organization("acme").Obj(), takesIn("acme", "support", time.Hour), takesIn("other", "desk", 0))
		for _, address := range []string{support, "SUPPORT@IN.acme.example"} {
			Expect(c.Workspace(ctx, address)).To(Equal(&Destination{Organization: "acme", Workspace: "support", Intake: support, Queue: queue}))
		}
		for _, address := range []string{sales, "", "postmaster", "support@in.acme.example "} {
			Expect(c.Workspace(ctx, address)).To(BeNil(), address)
		}
	})

	It("LMI-3 knows the workspaces of an organization in its own domains only", func(ctx context.Context) {
		c := cluster(interceptor.Funcs{}, builders.Organization("acme").Obj(), takesIn("acme", "support", 0), takesIn("other", "desk", time.Hour))
		var err error
		c.Domains, err = effective.ParseIntakeDomains([]string{"acme=in.acme.example"})
		Expect(err).NotTo(HaveOccurred())
		Expect(c.Workspace(ctx, support)).To(HaveField("Organization", "acme"))
		c.Domains, err = effective.ParseIntakeDomains([]string{"acme=acme.example"})
		Expect(err).NotTo(HaveOccurred())
		Expect(c.Workspace(ctx, support)).To(BeNil())
	})

	It("LMI-3 lets mails wait whose queue leads back to an intake, however far, and makes no account of an intake", func(ctx context.Context) {
		hop := func(name, intake, to string) *v1alpha1.Workspace {
			w := takesIn("acme", name, 0)
			w.Spec.Portal.IntakeEmail, w.Spec.Portal.QueueEmail = v1alpha1.EmailAddress(intake), v1alpha1.EmailAddress(to)
			return w
		}
		c := cluster(interceptor.Funcs{}, builders.Organization("acme").Obj(),
			hop("a", "a@in.acme.example", "B@in.acme.example"), hop("b", "b@in.acme.example", "c@in.acme.example"),
			hop("c", "c@in.acme.example", "b@in.acme.example"), hop("d", "d@in.acme.example", "e@in.acme.example"),
			hop("e", "e@in.acme.example", queue))
		for address, circular := range map[string]bool{"a": true, "b": true, "c": true, "d": false, "e": false} {
			Expect(c.Workspace(ctx, address+"@in.acme.example")).To(HaveField("Circular", circular), address)
		}
		Expect(c.Known(ctx, "acme", "A@in.acme.example")).To(BeTrue())
		Expect(c.Known(ctx, "acme", queue)).To(BeFalse())
	})

	It("lets mails wait for an organization that is not there", func(ctx context.Context) {
		Expect(cluster(interceptor.Funcs{}, takesIn("acme", "support", 0)).Workspace(ctx, support)).To(HaveField("Waiting", true))
	})

	It("LMI-2 LMI-3 makes a Limited account of an address once, and LMI-7 leaves the one that is there", func(ctx context.Context) {
		full := builders.OrgUser("acme", "claire").Email("Claire@customers.example").Role(v1alpha1.RoleTechnician).Obj()
		c := cluster(interceptor.Funcs{}, full, builders.Organization("other").Obj())
		Expect(c.Known(ctx, "acme", claire)).To(BeTrue())
		Expect(c.Known(ctx, "other", claire)).To(BeFalse())
		Expect(c.Create(ctx, "other", claire)).To(BeTrue())
		Expect(c.Create(ctx, "other", "CLAIRE@customers.example")).To(BeFalse())
		var users v1alpha1.OrgUserList
		Expect(c.Client.List(ctx, &users, client.InNamespace("other"))).To(Succeed())
		Expect(users.Items).To(HaveExactElements(And(
			HaveField("Labels", HaveKeyWithValue(v1alpha1.LabelOrigin, v1alpha1.OriginIntake)),
			HaveField("Spec.Email", BeEquivalentTo(claire)), HaveField("Spec.Role", v1alpha1.RoleMember),
			HaveField("Spec.Access", v1alpha1.AccessLimited), HaveField("Spec.DisplayName", BeEmpty()))))
	})

	It("LMI-3 makes no account in an organization that went while the mail came in", func(ctx context.Context) {
		leaving := builders.Organization("leaving").Obj()
		leaving.Finalizers, leaving.DeletionTimestamp = []string{v1alpha1.Finalizer}, &metav1.Time{Time: time.Now()}
		c := cluster(interceptor.Funcs{}, leaving)
		for _, organization := range []string{"leaving", "gone"} {
			made, err := c.Create(ctx, organization, claire)
			Expect(made).To(BeFalse())
			Expect(err).To(MatchError(ContainSubstring("is gone or being deleted")))
		}
		var users v1alpha1.OrgUserList
		Expect(c.Client.List(ctx, &users)).To(Succeed())
		Expect(users.Items).To(BeEmpty())
	})

	It("tells trouble from an address that can be nobody's", func(ctx context.Context) {
		var answer error
		c := cluster(interceptor.Funcs{Create: func(context.Context, client.WithWatch, client.Object, ...client.CreateOption) error {
			return answer
		}}, builders.Organization("acme").Obj())
		answer = errors.New("the API server is down")
		_, err := c.Create(ctx, "acme", claire)
		Expect(err).To(MatchError(answer))
		answer = apierrors.NewInvalid(schema.GroupKind{Kind: "OrgUser"}, "claire", nil)
		Expect(c.Create(ctx, "acme", claire)).To(BeFalse())
	})

	It("tells a workspace's people of a mail that their queue refuses, and not what it says or who wrote it", func(ctx context.Context) {
		recorder := events.NewFakeRecorder(2)
		c := cluster(interceptor.Funcs{}, takesIn("acme", "support", 0))
		c.Recorder = recorder
		c.Refused(ctx, &Destination{Organization: "acme", Workspace: "gone", Queue: queue}, 550)
		Expect(recorder.Events).To(BeEmpty())
		c.Refused(ctx, &Destination{Organization: "acme", Workspace: "support", Queue: queue}, 550)
		Expect(recorder.Events).To(Receive(Equal("Warning MailRefused the mail server refuses a mail to the queue cola@acme.example for good " +
			"(it answered 550), and its writer was told so: is spec.portal.queueEmail right?")))
	})
})
