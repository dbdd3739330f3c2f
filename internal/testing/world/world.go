// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Package world provides a real API server without an operator. Specs call the reconcilers' steps themselves, one by one.
package world

import (
	"context"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/gomega"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/lookup"
	"github.com/usher-operator/usher/internal/testing/builders"
	"github.com/usher-operator/usher/internal/testing/testenv"
)

// World is an API server with Usher's CRDs.
type World struct{ *testenv.Env }

// shared is started by the first spec that needs it, so that a run without such a spec starts no API server.
var shared *World

// Get returns the suite's world.
func Get() *World {
	ginkgo.GinkgoHelper()
	if shared == nil {
		env, err := testenv.Start(testenv.Options{CRDsOnly: true})
		gomega.Expect(err).NotTo(gomega.HaveOccurred())
		shared = &World{env}
	}
	return shared
}

var _ = ginkgo.AfterSuite(func() {
	if shared != nil {
		gomega.Expect(shared.Stop()).To(gomega.Succeed())
	}
})

// Clients are the clients of a reconciler.
type Clients struct {
	// Client reads from a cache and writes to the API server.
	Client client.Client
	// Cache reads the same cache.
	Cache lookup.Reader
	// API reads the API server.
	API lookup.APIReader
}

// Clients returns the clients of a reconciler, with a synced cache. The cache follows the API server until freeze is called.
// After that it is stale, as a cache may be at any time.
func (w *World) Clients(ctx context.Context) (clients Clients, freeze func()) {
	ginkgo.GinkgoHelper()
	c, err := cache.New(w.Config, cache.Options{Scheme: w.Scheme})
	gomega.Expect(err).NotTo(gomega.HaveOccurred())
	gomega.Expect(lookup.AddIndexes(ctx, lookup.NewIndexer(c))).To(gomega.Succeed())
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	ended := make(chan error, 1)
	go func() { ended <- c.Start(running) }()
	freeze = func() {
		stop()
		ended <- <-ended
	}
	ginkgo.DeferCleanup(freeze)
	gomega.Expect(c.WaitForCacheSync(ctx)).To(gomega.BeTrue())
	cached, err := client.New(w.Config, client.Options{Scheme: w.Scheme, Cache: &client.CacheOptions{Reader: c}})
	gomega.Expect(err).NotTo(gomega.HaveOccurred())
	return Clients{
		Client: cached, Cache: lookup.New(cached, effective.IntakeDomains{}), API: lookup.NewAPIReader(w.Client),
	}, freeze
}

// Put creates objects with their status.
func (w *World) Put(ctx context.Context, objects ...client.Object) {
	ginkgo.GinkgoHelper()
	for _, o := range objects {
		wanted := o.DeepCopyObject().(client.Object) //nolint:forcetypeassert // a deep copy has its original's type
		gomega.Expect(w.Client.Create(ctx, o)).To(gomega.Succeed())
		wanted.SetResourceVersion(o.GetResourceVersion())
		gomega.Expect(w.Client.Status().Update(ctx, wanted)).To(gomega.Succeed())
		gomega.Expect(w.Client.Get(ctx, client.ObjectKeyFromObject(o), o)).To(gomega.Succeed())
	}
}

// InForce returns a user in the given state whose user name is the email address.
func InForce(namespace, name string, state v1alpha1.UserState, modules ...string) *v1alpha1.OrgUser {
	u := builders.OrgUser(namespace, name).Existing().Modules(modules...).Obj()
	u.Status = v1alpha1.OrgUserStatus{State: state, Role: u.Spec.Role, Username: string(u.Spec.Email)}
	return u
}
