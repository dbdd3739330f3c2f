// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"context"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/client-go/tools/events"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/lookup"
	"github.com/usher-operator/usher/internal/testing/builders"
	"github.com/usher-operator/usher/internal/testing/testenv"
)

// world is a real API server without an operator: the specs take the steps of the reconcilers themselves, one by one.
type world struct{ *testenv.Env }

// shared is started by the first spec that asks for a world, so that those without one need no API server.
var shared *world

func theWorld() *world {
	GinkgoHelper()
	if shared == nil {
		env, err := testenv.Start(testenv.Options{CRDsOnly: true})
		Expect(err).NotTo(HaveOccurred())
		shared = &world{env}
	}
	return shared
}

var _ = AfterSuite(func() {
	if shared != nil {
		Expect(shared.Stop()).To(Succeed())
	}
})

// dependencies are those of a reconciler that reads from a cache, filled by now. The cache follows the API server until
// freeze is called; afterwards it stays behind, as a cache may at any time.
func (w *world) dependencies(ctx context.Context) (d Dependencies, freeze func()) {
	GinkgoHelper()
	c, err := cache.New(w.Config, cache.Options{Scheme: w.Scheme})
	Expect(err).NotTo(HaveOccurred())
	Expect(lookup.AddIndexes(ctx, c)).To(Succeed())
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	ended := make(chan error, 1)
	go func() { ended <- c.Start(running) }()
	freeze = func() {
		stop()
		ended <- <-ended
	}
	DeferCleanup(freeze)
	Expect(c.WaitForCacheSync(ctx)).To(BeTrue())
	cached, err := client.New(w.Config, client.Options{Scheme: w.Scheme, Cache: &client.CacheOptions{Reader: c}})
	Expect(err).NotTo(HaveOccurred())
	return Dependencies{Client: cached, Live: w.Client, Recorder: events.NewFakeRecorder(100), Now: time.Now}, freeze
}

// put makes an object with its status.
func (w *world) put(ctx context.Context, objects ...client.Object) {
	GinkgoHelper()
	for _, o := range objects {
		wished := o.DeepCopyObject().(client.Object) //nolint:forcetypeassert // a deep copy has its original's type
		Expect(w.Client.Create(ctx, o)).To(Succeed())
		wished.SetResourceVersion(o.GetResourceVersion())
		Expect(w.Client.Status().Update(ctx, wished)).To(Succeed())
		Expect(w.Client.Get(ctx, client.ObjectKeyFromObject(o), o)).To(Succeed())
	}
}

// inForce gives a user with this state, who uses his address as his user name.
func inForce(namespace, name string, state v1alpha1.UserState, modules ...string) *v1alpha1.OrgUser {
	u := builders.OrgUser(namespace, name).Existing().Modules(modules...).Obj()
	u.Status = v1alpha1.OrgUserStatus{State: state, Role: u.Spec.Role, Username: string(u.Spec.Email)}
	return u
}
