// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package people_test

import (
	"context"
	"net/http"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/lookup"
	"github.com/usher-operator/usher/internal/testing/builders"
)

// remembered is a world with a cache beside it, which follows what the API server has as far as the spec says.
type remembered struct {
	*world
	cache client.Client
	// lists counts the look-ups for which the API server goes through all accounts.
	lists int
	// organizations counts the reads of the organization.
	organizations int
	// follows says that the cache shows what is created, and meanwhile what else it shows then.
	follows   bool
	meanwhile client.Object
}

func newRemembered(ctx context.Context, objects ...client.Object) *remembered {
	GinkgoHelper()
	scheme := runtime.NewScheme()
	Expect(v1alpha1.AddToScheme(scheme)).To(Succeed())
	w := &remembered{world: newWorld(append(objects, acme())...), follows: true}
	b := fake.NewClientBuilder().WithScheme(scheme).WithObjects(objects...)
	Expect(lookup.AddPortalIndexes(ctx, builders.Indexer{ClientBuilder: b})).To(Succeed())
	w.cache = b.Build()
	w.Client = interceptor.NewClient(w.client, interceptor.Funcs{
		List: func(ctx context.Context, c client.WithWatch, list client.ObjectList, opts ...client.ListOption) error {
			w.lists++
			return c.List(ctx, list, opts...)
		},
		Get: func(ctx context.Context, c client.WithWatch, key client.ObjectKey, o client.Object, opts ...client.GetOption) error {
			if _, is := o.(*v1alpha1.Organization); is {
				w.organizations++
			}
			return c.Get(ctx, key, o, opts...)
		},
		Create: func(ctx context.Context, c client.WithWatch, o client.Object, opts ...client.CreateOption) error {
			if err := c.Create(ctx, o, opts...); err != nil || !w.follows {
				return err
			}
			if w.meanwhile != nil {
				if err := w.shows(ctx, w.meanwhile); err != nil {
					return err
				}
			}
			return w.shows(ctx, o)
		},
	})
	reader := lookup.New(w.cache, effective.IntakeDomains{})
	w.Cache = &reader
	return w
}

// shows has the cache show an object.
func (w *remembered) shows(ctx context.Context, o client.Object) error {
	seen, _ := o.DeepCopyObject().(client.Object)
	seen.SetResourceVersion("")
	return w.cache.Create(ctx, seen)
}

var _ = Describe("A directory's people beside a cache", func() {
	It("LMI-10 are created, found and changed without a look at all of them", func(ctx context.Context) {
		w := newRemembered(ctx, builders.OrgUser("acme", "boss").Email("boss@acme.example").With(func(u *v1alpha1.OrgUser) { u.UID = "boss" }).Obj())
		id, _ := w.post(ctx, ana)["id"].(string)
		Expect(w.list(ctx, `filter=userName eq "ANA@acme.example"`).Resources).To(HaveLen(1))
		Expect(w.list(ctx, `filter=externalId eq "a1"`).Resources).To(HaveLen(1))
		_, err := w.patch(ctx, id, "", `[{"op":"Replace","path":"displayName","value":"Ana Gil"}]`)
		Expect(err).NotTo(HaveOccurred())
		for second, words := range map[string]string{
			ana: "with this externalId already, with the id ana-",
			`{"externalId":"b2","userName":"ANA@acme.example"}`:  "with this userName already, with the id ana-",
			`{"externalId":"b2","userName":"boss@acme.example"}`: `is that of the OrgUser "boss"`,
		} {
			_, _, err := w.Create(ctx, decoded(second))
			refused(err, http.StatusConflict, words)
		}
		Expect(w.lists).To(BeZero())
	})

	It("DIR-3 give way to whoever was declared with the address a moment ago", func(ctx context.Context) {
		for _, follows := range []bool{true, false} {
			w := newRemembered(ctx)
			boss := builders.OrgUser("acme", "boss").Email("ana@acme.example").With(func(u *v1alpha1.OrgUser) { u.UID = "boss" }).Obj()
			w.follows, w.meanwhile = follows, boss
			Expect(w.client.Create(ctx, boss.DeepCopy())).To(Succeed())
			_, _, err := w.Create(ctx, decoded(ana))
			refused(err, http.StatusConflict, `is that of the OrgUser "boss", which the directory did not create`)
			Expect(w.list(ctx, "").Resources).To(BeEmpty())
		}
	})

	It("LMI-10 are found although another replica created them a moment ago", func(ctx context.Context) {
		w := newRemembered(ctx)
		w.follows = false
		other := &remembered{world: newWorld()}
		other.Client = w.client
		r := other.post(ctx, ana)
		Expect(w.list(ctx, `filter=userName eq "ana@acme.example"`).Resources).To(ConsistOf(r))
		Expect(w.lists).To(Equal(1), "that the cache knows nobody proves nothing")
		_, _, err := w.Create(ctx, decoded(ana))
		refused(err, http.StatusConflict, "with the address ana@acme.example already, with the id ana-")
	})

	It("LMI-10 are created without a read of an organization that the cache shows, and one that it does not show is looked for", func(ctx context.Context) {
		w := newRemembered(ctx)
		w.post(ctx, ana)
		Expect(w.organizations).To(Equal(1))
		o := acme()
		o.Finalizers = []string{v1alpha1.Finalizer}
		Expect(w.cache.Create(ctx, o)).To(Succeed())
		w.post(ctx, `{"userName":"gil@acme.example"}`)
		Expect(w.organizations).To(Equal(1))
		Expect(w.cache.Delete(ctx, o)).To(Succeed())
		w.post(ctx, `{"userName":"eva@acme.example"}`)
		Expect(w.organizations).To(Equal(2), "one that is being deleted may have been made again")
	})

	It("DIR-4 are as they are now, whatever the cache shows", func(ctx context.Context) {
		w := newRemembered(ctx)
		id, _ := w.post(ctx, ana)["id"].(string)
		_, err := w.patch(ctx, id, "", `[{"op":"Replace","path":"userName","value":"gil@acme.example"}]`)
		Expect(err).NotTo(HaveOccurred())
		Expect(w.list(ctx, `filter=userName eq "ana@acme.example"`).TotalResults).To(BeZero())
		Expect(w.list(ctx, `filter=userName eq "gil@acme.example"`).TotalResults).To(Equal(1))
		Expect(w.list(ctx, `filter=externalId eq "a1"`).TotalResults).To(Equal(1))
		Expect(w.client.Delete(ctx, w.user(ctx, id))).To(Succeed())
		Expect(w.list(ctx, `filter=externalId eq "a1"`).TotalResults).To(BeZero())
	})
})
