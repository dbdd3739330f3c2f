// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package orguser

import (
	"context"
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/tools/events"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/lookup"
	"github.com/usher-operator/usher/internal/mapper"
	"github.com/usher-operator/usher/internal/testing/builders"
	"github.com/usher-operator/usher/internal/testing/timing"
	"github.com/usher-operator/usher/internal/testing/world"
)

func TestOrgUser(t *testing.T) {
	RegisterFailHandler(Fail)
	timing.SetDefaults()
	RunSpecs(t, "OrgUser")
}

// reconciler returns a reconciler over a cache that is filled by now, and stays behind once freeze is called.
func reconciler(ctx context.Context, w *world.World) (r *Reconciler, freeze func()) {
	GinkgoHelper()
	clients, freeze := w.Clients(ctx)
	return New(clients.Client, clients.Cache, clients.API, events.NewFakeRecorder(100), "usher.example", 0, time.Now), freeze
}

// fakeClient returns a client with the indexes of the cache.
func fakeClient(ctx context.Context, funcs interceptor.Funcs, objects ...client.Object) client.WithWatch {
	GinkgoHelper()
	scheme := runtime.NewScheme()
	Expect(clientgoscheme.AddToScheme(scheme)).To(Succeed())
	Expect(v1alpha1.AddToScheme(scheme)).To(Succeed())
	b := fake.NewClientBuilder().WithScheme(scheme).WithStatusSubresource(&v1alpha1.OrgUser{}).WithInterceptorFuncs(funcs).WithObjects(objects...)
	Expect(lookup.AddIndexes(ctx, builders.Indexer{ClientBuilder: b})).To(Succeed())
	return b.Build()
}

// overFake returns a reconciler over such a client, which is its cache as well.
func overFake(c client.Client) *Reconciler {
	return New(c, lookup.New(c, effective.IntakeDomains{}), lookup.NewAPIReader(c), events.NewFakeRecorder(10), "usher.example", 0, time.Now)
}

// mapping returns a reconciler whose cache holds some objects.
func mapping(ctx context.Context, objects ...client.Object) *Reconciler {
	GinkgoHelper()
	return &Reconciler{cache: lookup.New(fakeClient(ctx, interceptor.Funcs{}, objects...), effective.IntakeDomains{})}
}

// names returns the names of users of acme.
func names(keys []types.NamespacedName, err error) []string {
	GinkgoHelper()
	Expect(err).NotTo(HaveOccurred())
	found := []string{}
	for _, key := range keys {
		Expect(key.Namespace).To(Equal("acme"))
		found = append(found, key.Name)
	}
	return found
}

// acmeWithSeats returns an organization with one administrator and the seats of two modules.
func acmeWithSeats() *v1alpha1.Organization {
	acme := builders.Organization("acme").ModuleWithRole("desk", 9, "tickets").ModuleWithRole("fax", 9, "faxes").Obj()
	acme.Status.Administrators = []string{"ana"}
	acme.Status.Modules = []v1alpha1.ModuleStatus{
		{Name: "desk", Holders: []string{"luis"}, Leaving: []string{"kim"}}, {Name: "fax", Holders: []string{"eva"}},
	}
	return acme
}

// acmePeople returns acmeWithSeats and its users, each of whom some change concerns, except nobody.
func acmePeople() []client.Object {
	user := func(name string, groups ...string) *v1alpha1.OrgUser {
		return builders.OrgUser("acme", name).Groups(groups...).Obj()
	}
	holder := user("holder")
	holder.Status.Workspaces = []v1alpha1.WorkspaceGrantStatus{builders.Granted("support", v1alpha1.WorkspaceView)}
	return []client.Object{
		acmeWithSeats(), user("ana"), user("luis"), user("eva", "night"), user("kim", "night"), holder,
		builders.OrgUser("acme", "requester").Workspace("support", v1alpha1.WorkspaceView).Obj(), user("nobody"),
	}
}

func changeOf[T client.Object](before, after T) mapper.Change[T] {
	return mapper.Change[T]{Before: before, After: after}
}
