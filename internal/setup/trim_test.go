// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package setup

import (
	"context"
	"strings"
	"unsafe"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	toolscache "k8s.io/client-go/tools/cache"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/memory"
	"github.com/usher-operator/usher/internal/question/store"
	"github.com/usher-operator/usher/internal/testing/builders"
)

// roomy returns a guard that has no limit.
func roomy() *memory.Guard {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return memory.NewGuard(ctx, func() memory.Usage { return memory.Usage{} }, nil)
}

// cached returns an object as the cache keeps it.
func cached[T client.Object](o T, trims ...trim) T {
	GinkgoHelper()
	kept, err := transform(roomy(), &retained{}, trims...)(o.DeepCopyObject())
	Expect(err).NotTo(HaveOccurred())
	return kept.(T) //nolint:forcetypeassert // the spec fails either way
}

var _ = Describe("The cache", func() {
	applied := map[string]string{corev1.LastAppliedConfigAnnotation: strings.Repeat("x", 1000), "team": "red", v1alpha1.AnnotationPaused: "true"}

	It("OPS-10 keeps neither managed fields nor the manifest that kubectl apply leaves", func() {
		u := builders.OrgUser("acme", "luis").Obj()
		u.Annotations, u.ManagedFields = applied, []metav1.ManagedFieldsEntry{{Manager: "kubectl"}}
		kept := cached(u, trimUser)
		Expect(kept.ManagedFields).To(BeNil())
		Expect(kept.Annotations).To(Equal(map[string]string{"team": "red", v1alpha1.AnnotationPaused: "true"}))
		Expect(kept.Spec).To(Equal(u.Spec))
		Expect(u.Annotations).To(HaveLen(3), "the annotations may be another object's, too")
	})

	It("OPS-10 keeps of a namespace its labels and Usher's annotations", func() {
		n := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{
			Name: "acme", UID: "1", ResourceVersion: "2", Annotations: applied, Labels: map[string]string{"team": "red"},
		}}
		n.Spec.Finalizers, n.Status.Phase = []corev1.FinalizerName{"kubernetes"}, corev1.NamespaceActive
		Expect(cached(n, trimNamespace)).To(Equal(&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{
			Name: "acme", UID: "1", ResourceVersion: "2", Annotations: map[string]string{v1alpha1.AnnotationPaused: "true"},
			Labels: map[string]string{"team": "red"},
		}}))
	})

	It("OPS-10 keeps the contents of no Secrets but those that are read, and no releases of Helm's", func() {
		o := &Options{Namespace: "usher-system"}
		secret := func(name string) *corev1.Secret {
			return &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: name}, Data: map[string][]byte{"key": []byte("value")}}
		}
		question := secret("question-1")
		question.Type, question.Labels = store.SecretType, map[string]string{v1alpha1.LabelQuestion: "true"}
		for _, read := range []*corev1.Secret{secret(certificateKey(o).Name), secret(linkKeysKey(o).Name), question} {
			Expect(cached(read, trimSecret(o)).Data).To(HaveLen(1), read.Name)
		}
		Expect(cached(secret("smtp"), trimSecret(o)).Data).To(BeEmpty())
		for object, by := range cacheOptions(o, roomy(), &retained{}).ByObject {
			if _, is := object.(*corev1.Secret); is {
				Expect(by.Namespaces["usher-system"].FieldSelector.String()).To(Equal("type!=helm.sh/release.v1"))
			}
		}
	})

	It("OPS-10 holds one copy of what the bindings of a person have in common", func() {
		binding := func(namespace string) *rbacv1.RoleBinding {
			return cached(&rbacv1.RoleBinding{
				ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Labels: map[string]string{v1alpha1.LabelUser: strings.Clone("luis")}},
				RoleRef:    rbacv1.RoleRef{APIGroup: strings.Clone(rbacv1.GroupName), Kind: strings.Clone("ClusterRole"), Name: strings.Clone("view")},
				Subjects:   []rbacv1.Subject{{Kind: strings.Clone("User"), Name: strings.Clone("luis@acme.example")}},
			}, trimBinding)
		}
		a, b := binding("acme-support"), binding("acme-sales")
		for _, pair := range [][2]string{
			{a.RoleRef.APIGroup, b.RoleRef.APIGroup},
			{a.RoleRef.Kind, b.RoleRef.Kind},
			{a.RoleRef.Name, b.RoleRef.Name},
			{a.Subjects[0].Kind, b.Subjects[0].Kind},
			{a.Subjects[0].Name, b.Subjects[0].Name},
			{a.Labels[v1alpha1.LabelUser], b.Labels[v1alpha1.LabelUser]},
		} {
			Expect(pair[0]).To(Equal(pair[1]))
			Expect(unsafe.StringData(pair[0])).To(BeIdenticalTo(unsafe.StringData(pair[1])), pair[0])
		}
	})

	It("OPS-10 keeps the object that it has when the same one is sent once more", func(ctx context.Context) {
		held := builders.OrgUser("acme", "luis").Obj()
		held.UID, held.ResourceVersion = "1", "7"
		informer := toolscache.NewSharedIndexInformer(nil, held, 0, nil)
		Expect(informer.GetIndexer().Add(held)).To(Succeed())
		kept := &retained{}
		Expect(kept.follow(ctx, informersOf{informer: informer}, held)).To(Succeed())
		received := func(version string) any {
			again := held.DeepCopy()
			again.ResourceVersion = version
			o, err := transform(roomy(), kept)(again)
			Expect(err).NotTo(HaveOccurred())
			return o
		}
		Expect(received("7")).To(BeIdenticalTo(held))
		Expect(received("8")).NotTo(BeIdenticalTo(held))
	})
})

// informersOf hands out one informer.
type informersOf struct {
	cache.Informers

	informer toolscache.SharedIndexInformer
}

func (i informersOf) GetInformer(context.Context, client.Object, ...cache.InformerGetOption) (cache.Informer, error) {
	return i.informer, nil
}
