// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package lookup

import (
	"context"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	toolscache "k8s.io/client-go/tools/cache"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/testing/builders"
)

// informers hands out one informer, which keeps its indexers.
type informers struct {
	cache.Informers
	cache.Informer

	indexers toolscache.Indexers
}

func (i *informers) GetInformer(context.Context, client.Object, ...cache.InformerGetOption) (cache.Informer, error) {
	return i, nil
}

func (i *informers) AddIndexers(added toolscache.Indexers) error {
	i.indexers = added
	return nil
}

var _ = Describe("An index", func() {
	It("OPS-10 has one entry for each value, in the namespace or across all, as it is read", func(ctx context.Context) {
		i := &informers{}
		keys := func(name string, o client.Object) []string {
			for _, index := range indexes() {
				if index.name == name {
					Expect(NewIndexer(i).IndexField(ctx, o, name, index.extract)).To(Succeed())
				}
			}
			Expect(i.indexers).To(HaveLen(1))
			Expect(i.indexers).To(HaveKey("field:" + name))
			found, err := i.indexers["field:"+name](o)
			Expect(err).NotTo(HaveOccurred())
			return found
		}
		Expect(keys(userByEmail, builders.OrgUser("acme", "luis").Obj())).To(HaveExactElements("acme/luis@acme.example"))
		Expect(keys(bindingByUser, &rbacv1.RoleBinding{ObjectMeta: metav1.ObjectMeta{
			Namespace: "acme-support", Labels: map[string]string{v1alpha1.LabelOrganization: "acme", v1alpha1.LabelUser: "luis"},
		}})).To(HaveExactElements("__all_namespaces/acme/luis"))
	})

	It("OPS-10 is not read in another way, which would find nothing", func(ctx context.Context) {
		reader := holding(acme())
		Expect(reader.List(ctx, &v1alpha1.OrgUserList{}, client.MatchingFields{userByEmail: "luis@acme.example"})).To(
			MatchError("the index usher.email is for look-ups in one namespace, not across all namespaces"))
		Expect(reader.List(ctx, &v1alpha1.WorkspaceList{}, client.InNamespace("acme"), client.MatchingFields{workspaceByNamespace: "acme-support"})).
			To(MatchError("the index usher.namespace is for look-ups across all namespaces, not in one namespace"))
	})
})
