// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package intake

import (
	"context"
	"errors"
	"slices"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
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
	"github.com/usher-operator/usher/internal/emailaddr"
	"github.com/usher-operator/usher/internal/limited"
	"github.com/usher-operator/usher/internal/lookup"
	"github.com/usher-operator/usher/internal/testing/builders"
)

// indexer adds the indexes of the cache to a fake client.
type indexer struct{ *fake.ClientBuilder }

func (i indexer) IndexField(_ context.Context, object client.Object, field string, extract client.IndexerFunc) error {
	if _, ok := object.(interface{ GetConditions() *[]metav1.Condition }); ok { // Usher's kinds
		i.WithIndex(object, field, extract)
	}
	return nil
}

// directory is a ClusterDirectory with the client that it reads.
type directory struct {
	ClusterDirectory
	client client.Client
}

func newDirectory(funcs interceptor.Funcs, objects ...client.Object) directory {
	GinkgoHelper()
	scheme := runtime.NewScheme()
	Expect(errors.Join(v1alpha1.AddToScheme(scheme), corev1.AddToScheme(scheme))).To(Succeed())
	b := fake.NewClientBuilder().WithScheme(scheme).WithObjects(objects...).WithInterceptorFuncs(funcs)
	Expect(lookup.AddIndexes(context.Background(), indexer{b})).To(Succeed())
	c := b.Build()
	return directory{ClusterDirectory{
		Cache: lookup.New(c, effective.IntakeDomains{}), Accounts: limited.NewCreator(c, lookup.NewAPIReader(c)),
	}, c}
}

// allow sets the operator's --intake-domains.
func (d *directory) allow(domains ...string) {
	GinkgoHelper()
	parsed, err := effective.ParseIntakeDomains(domains)
	Expect(err).NotTo(HaveOccurred())
	d.Cache = lookup.New(d.client, parsed)
}

func workspaceWithIntake(organization, name string, age time.Duration) *v1alpha1.Workspace {
	w := builders.Workspace(organization, name).With(func(w *v1alpha1.Workspace) {
		w.Spec.Portal = &v1alpha1.CustomerPortal{Title: "Help", QueueEmail: queue, IntakeEmail: "Support@in.acme.example"}
	}).Obj()
	w.CreationTimestamp = metav1.NewTime(time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC).Add(-age))
	return w
}

var _ = Describe("The cluster's directory", func() {
	It("finds the oldest workspace with an intake address", func(ctx context.Context) {
		d := newDirectory(interceptor.Funcs{}, builders.Organization("acme").Obj(), workspaceWithIntake("acme", "support", time.Hour), workspaceWithIntake("other", "desk", 0))
		for _, address := range []string{support, "SUPPORT@IN.acme.example"} {
			Expect(d.Workspace(ctx, address)).To(Equal(&Destination{Organization: "acme", Workspace: "support", Intake: support, Queue: queue}))
		}
		for _, address := range []string{sales, "", "postmaster", "support@in.acme.example "} {
			Expect(d.Workspace(ctx, address)).To(BeNil(), address)
		}
	})

	It("GTA-8 passes nothing on to a queue whose owner has not confirmed it", func(ctx context.Context) {
		w := workspaceWithIntake("acme", "support", 0)
		w.Generation = 1
		d := newDirectory(interceptor.Funcs{}, builders.Organization("acme").Obj(), w)
		Expect(d.Workspace(ctx, support)).To(And(HaveField("Unconfirmed", true), HaveField("Queue", "")))
		w.Status.Queue = v1alpha1.QueueStatus{Email: "COLA@acme.example", State: v1alpha1.QueueConfirmed}
		d = newDirectory(interceptor.Funcs{}, builders.Organization("acme").Obj(), w)
		Expect(d.Workspace(ctx, support)).To(And(HaveField("Unconfirmed", false), HaveField("Queue", queue)))
	})

	It("LMI-3 finds an organization's workspaces only in its own domains", func(ctx context.Context) {
		d := newDirectory(interceptor.Funcs{}, builders.Organization("acme").Obj(), workspaceWithIntake("acme", "support", 0), workspaceWithIntake("other", "desk", time.Hour))
		d.allow("acme=in.acme.example")
		Expect(d.Workspace(ctx, support)).To(HaveField("Organization", "acme"))
		d.allow("acme=acme.example")
		Expect(d.Workspace(ctx, support)).To(BeNil())
	})

	It("LMI-3 recognizes a queue that leads back to an intake, and an address of an intake", func(ctx context.Context) {
		hop := func(name, intake, to string) *v1alpha1.Workspace {
			w := workspaceWithIntake("acme", name, 0)
			w.Spec.Portal.IntakeEmail, w.Spec.Portal.QueueEmail = v1alpha1.EmailAddress(intake), v1alpha1.EmailAddress(to)
			return w
		}
		d := newDirectory(interceptor.Funcs{}, builders.Organization("acme").Obj(),
			hop("a", "a@in.acme.example", "B@in.acme.example"), hop("b", "b@in.acme.example", "c@in.acme.example"),
			hop("c", "c@in.acme.example", "b@in.acme.example"), hop("d", "d@in.acme.example", "e@in.acme.example"),
			hop("e", "e@in.acme.example", queue))
		for address, circular := range map[string]bool{"a": true, "b": true, "c": true, "d": false, "e": false} {
			Expect(d.Workspace(ctx, address+"@in.acme.example")).To(HaveField("Circular", circular), address)
		}
		Expect(d.Known(ctx, "acme", "A@in.acme.example")).To(BeTrue())
		Expect(d.Known(ctx, "acme", queue)).To(BeFalse())
	})

	It("LMI-3 finds a workspace by its address with a detail after a plus sign, unless the address is another workspace's", func(ctx context.Context) {
		special := workspaceWithIntake("acme", "special", 0)
		special.Spec.Portal.IntakeEmail = "support+vip@in.acme.example"
		back := workspaceWithIntake("acme", "back", 0)
		back.Spec.Portal.IntakeEmail, back.Spec.Portal.QueueEmail = "back@in.acme.example", "front+1@in.acme.example"
		front := workspaceWithIntake("acme", "front", 0)
		front.Spec.Portal.IntakeEmail, front.Spec.Portal.QueueEmail = "front@in.acme.example", "back+2@in.acme.example"
		d := newDirectory(interceptor.Funcs{}, builders.Organization("acme").Obj(), workspaceWithIntake("acme", "support", 0), special, back, front)
		for address, workspace := range map[string]string{
			"support+ticket7@in.acme.example": "support", "Support+a+b@in.acme.example": "support", "support+@in.acme.example": "support",
			"support+VIP@in.acme.example": "special",
		} {
			Expect(d.Workspace(ctx, address)).To(And(HaveField("Workspace", workspace), HaveField("Circular", false)), address)
		}
		Expect(d.Workspace(ctx, "support+ticket7@in.acme.example")).To(HaveField("Intake", support), "one loop, whatever the detail")
		for _, address := range []string{"+support@in.acme.example", "sales+ticket7@in.acme.example", "support-7@in.acme.example"} {
			Expect(d.Workspace(ctx, address)).To(BeNil(), address)
		}
		Expect(d.Known(ctx, "acme", "support+ticket7@in.acme.example")).To(BeTrue())
		Expect(d.Workspace(ctx, "front@in.acme.example")).To(HaveField("Circular", true))
	})

	It("LMI-3 keeps the details of an intake address for its organization", func(ctx context.Context) {
		mine, theirs := workspaceWithIntake("acme", "vip", 0), workspaceWithIntake("other", "thief", 0)
		mine.Spec.Portal.IntakeEmail, theirs.Spec.Portal.IntakeEmail = "support+vip@in.acme.example", "support+ticket7@in.acme.example"
		d := newDirectory(interceptor.Funcs{}, builders.Organization("acme").Obj(), workspaceWithIntake("acme", "support", 0))
		Expect(d.Cache.OtherIntakeHolder(ctx, mine)).To(BeNil())
		Expect(d.Cache.OtherIntakeHolder(ctx, theirs)).To(HaveField("Name", "support"))
	})

	It("defers mails while the organization does not exist", func(ctx context.Context) {
		Expect(newDirectory(interceptor.Funcs{}, workspaceWithIntake("acme", "support", 0)).Workspace(ctx, support)).To(HaveField("NotReady", true))
	})

	It("OPS-5 LMI-3 defers mails while the organization is paused, and creates no account for one that has been received already", func(ctx context.Context) {
		paused := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{
			Name: "acme", Annotations: map[string]string{v1alpha1.AnnotationPaused: "true"},
		}}
		d := newDirectory(interceptor.Funcs{}, builders.Organization("acme").Obj(), workspaceWithIntake("acme", "support", 0), paused)
		Expect(d.Workspace(ctx, support)).To(HaveField("NotReady", true))
		_, err := d.Create(ctx, "acme", claire)
		Expect(err).To(MatchError(limited.ErrOrganizationPaused))
	})

	It("LMI-2 LMI-3 LMI-7 creates one Limited account per address and organization, and none beside another account", func(ctx context.Context) {
		full := builders.OrgUser("acme", "claire").Email("Claire@customers.example").Role(v1alpha1.RoleTechnician).Obj()
		d := newDirectory(interceptor.Funcs{}, full, builders.Organization("other").Obj())
		Expect(d.Known(ctx, "acme", claire)).To(BeTrue())
		Expect(d.Known(ctx, "other", claire)).To(BeFalse())
		Expect(d.Create(ctx, "other", claire)).To(BeTrue())
		Expect(d.Create(ctx, "other", "CLAIRE@customers.example")).To(BeFalse())
		var users v1alpha1.OrgUserList
		Expect(d.client.List(ctx, &users, client.InNamespace("other"))).To(Succeed())
		Expect(users.Items).To(HaveExactElements(And(
			HaveField("Labels", HaveKeyWithValue(v1alpha1.LabelOrigin, v1alpha1.OriginIntake)),
			HaveField("Spec.Email", BeEquivalentTo(claire)), HaveField("Spec.Role", v1alpha1.RoleMember),
			HaveField("Spec.Access", v1alpha1.AccessLimited), HaveField("Spec.DisplayName", BeEmpty()))))
	})

	It("ORG-28 LMI-3 creates an account beside other people's that have its names, and none when they have them all", func(ctx context.Context) {
		taken := func(n int) (others []client.Object) {
			for _, name := range slices.Collect(emailaddr.ObjectNames(claire))[:n] {
				others = append(others, builders.OrgUser("acme", name).Obj())
			}
			return append(others, builders.Organization("acme").Obj())
		}
		d := newDirectory(interceptor.Funcs{}, taken(1)...)
		Expect(d.Create(ctx, "acme", claire)).To(BeTrue())
		Expect(d.Create(ctx, "acme", claire)).To(BeFalse())
		Expect(d.Known(ctx, "acme", claire)).To(BeTrue())
		Expect(newDirectory(interceptor.Funcs{}, taken(10)...).Create(ctx, "acme", claire)).To(BeFalse(), "the mail is passed on all the same")
	})

	It("OPS-9 knows who is proven: not those whose account a mail has created, until somebody changes it", func(ctx context.Context) {
		d := newDirectory(interceptor.Funcs{}, builders.Organization("acme").Obj(), builders.OrgUser("acme", "ana").Obj())
		Expect(d.Proven(ctx, "acme", "ana@acme.example")).To(BeTrue())
		Expect(d.Proven(ctx, "acme", claire)).To(BeFalse())
		Expect(d.Create(ctx, "acme", claire)).To(BeTrue())
		Expect(d.Proven(ctx, "acme", claire)).To(BeFalse())
	})

	It("LMI-3 creates no account in an organization that is gone or being deleted", func(ctx context.Context) {
		leaving := builders.Organization("leaving").Obj()
		leaving.Finalizers, leaving.DeletionTimestamp = []string{v1alpha1.Finalizer}, &metav1.Time{Time: time.Now()}
		d := newDirectory(interceptor.Funcs{}, leaving)
		for _, organization := range []string{"leaving", "gone"} {
			created, err := d.Create(ctx, organization, claire)
			Expect(created).To(BeFalse())
			Expect(err).To(MatchError(ContainSubstring("is gone or being deleted")))
		}
		var users v1alpha1.OrgUserList
		Expect(d.client.List(ctx, &users)).To(Succeed())
		Expect(users.Items).To(BeEmpty())
	})

	It("returns an error if the API server fails, but not for an address that it refuses", func(ctx context.Context) {
		var refusal error
		d := newDirectory(interceptor.Funcs{Create: func(context.Context, client.WithWatch, client.Object, ...client.CreateOption) error {
			return refusal
		}}, builders.Organization("acme").Obj())
		refusal = errors.New("the API server is down")
		_, err := d.Create(ctx, "acme", claire)
		Expect(err).To(MatchError(refusal))
		refusal = apierrors.NewInvalid(schema.GroupKind{Kind: "OrgUser"}, "claire", nil)
		Expect(d.Create(ctx, "acme", claire)).To(BeFalse())
	})

	It("reports a refusal of the queue by an event that says nothing about the mail", func(ctx context.Context) {
		recorder := events.NewFakeRecorder(2)
		d := newDirectory(interceptor.Funcs{}, workspaceWithIntake("acme", "support", 0))
		d.Recorder = recorder
		d.ReportRefusal(ctx, &Destination{Organization: "acme", Workspace: "gone", Queue: queue}, 550)
		Expect(recorder.Events).To(BeEmpty())
		d.ReportRefusal(ctx, &Destination{Organization: "acme", Workspace: "support", Queue: queue}, 550)
		Expect(recorder.Events).To(Receive(Equal("Warning MailRefused the mail server permanently refused a mail to the queue " +
			"cola@acme.example (it answered 550), and the mail was returned to its sender: check spec.portal.queueEmail")))
	})
})
