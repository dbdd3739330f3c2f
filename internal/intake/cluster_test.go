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
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/usher-operator/usher/api/v1alpha1"
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
	return Cluster{Client: b.Build()}
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

	It("lets mails wait for an organization that is not there", func(ctx context.Context) {
		Expect(cluster(interceptor.Funcs{}, takesIn("acme", "support", 0)).Workspace(ctx, support)).To(HaveField("Waiting", true))
	})

	It("LMI-2 LMI-3 makes a Limited account of an address once, and LMI-7 leaves the one that is there", func(ctx context.Context) {
		full := builders.OrgUser("acme", "claire").Email("Claire@customers.example").Role(v1alpha1.RoleTechnician).Obj()
		c := cluster(interceptor.Funcs{}, full)
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

	It("tells trouble from an address that can be nobody's", func(ctx context.Context) {
		var answer error
		c := cluster(interceptor.Funcs{Create: func(context.Context, client.WithWatch, client.Object, ...client.CreateOption) error {
			return answer
		}})
		answer = errors.New("the API server is down")
		_, err := c.Create(ctx, "acme", claire)
		Expect(err).To(MatchError(answer))
		answer = apierrors.NewInvalid(schema.GroupKind{Kind: "OrgUser"}, "claire", nil)
		Expect(c.Create(ctx, "acme", claire)).To(BeFalse())
	})
})
