// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package setup

import (
	"context"
	"net/http"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/usher-operator/usher/internal/linktoken"
)

var _ = Describe("Components", func() {
	It("OPS-3 are those that there are, and all unless some are named", func() {
		o := options()
		Expect(o.runs(ComponentControllers) && o.runs(ComponentPortal)).To(BeTrue())
		o.Components = []Component{ComponentPortal}
		Expect(o.Validate()).To(Succeed())
		Expect(o.runs(ComponentControllers)).To(BeFalse())
		o.Components = []Component{"Portals"}
		Expect(o.Validate()).To(MatchError(ContainSubstring(`--components contains "Portals": set it to Controllers, Portal or both`)))
	})

	// secrets returns which Secrets the cache of a process holds, by namespace.
	secrets := func(o *Options) map[string]cache.Config {
		for object, by := range cacheOptions(o, roomy(), &retained{}).ByObject {
			if _, is := object.(*corev1.Secret); is {
				return by.Namespaces
			}
		}
		return nil
	}

	It("OPS-3 cache of the operator's Secrets, in a portal of its own, the keys only", func() {
		o := options()
		o.QuestionsNamespace = "usher-questions"
		Expect(secrets(&o)).To(HaveKeyWithValue("usher-questions", cache.Config{}))
		Expect(secrets(&o)["usher-system"].FieldSelector.String()).To(Equal("type!=helm.sh/release.v1"))
		o.Components = []Component{ComponentPortal}
		held := secrets(&o)
		Expect(held).To(HaveLen(2))
		Expect(held["usher-system"].FieldSelector.String()).To(Equal("metadata.name=usher-link-keys"))
		Expect(held["usher-questions"]).To(Equal(cache.Config{}))
		Expect(cacheOptions(&o, roomy(), &retained{}).ReaderFailOnMissingInformer).To(BeTrue(), "what is not cached is not read")
	})

	It("OPS-3 leave the election of a leader to the reconcilers, because a manager that loses its lease ends", func() {
		o := options()
		o.LeaderElection = true
		Expect(managerOptions(&o, nil).LeaderElection).To(BeFalse())
	})

	It("OPS-3 keep a portal waiting for keys, which only the controllers create", func(ctx context.Context) {
		o, ring := options(), &linktoken.KeyRing{}
		o.features = newFeatures(GinkgoLogr, o.Namespace)
		check, key := linkKeysCheck(&o, ring), linkKeysKey(&o)
		Expect(check(&http.Request{})).To(MatchError(ContainSubstring("there is no Secret usher-system/usher-link-keys yet")))
		cluster := fake.NewClientBuilder().Build()
		w := &secretWatch{client: cluster, readOnly: true, users: map[types.NamespacedName]secretUser{key: linkKeys{ring, o.features}}}
		pass := func() {
			_, err := w.Reconcile(ctx, reconcile.Request{NamespacedName: key})
			Expect(err).NotTo(HaveOccurred())
		}
		pass()
		Expect(cluster.Get(ctx, key, &corev1.Secret{})).NotTo(Succeed(), "the portal creates no Secret")
		Expect(cluster.Create(ctx, newSecret(key, linkKeys{}.initialData()))).To(Succeed())
		pass()
		Expect(check(&http.Request{})).To(Succeed())
	})
})
