// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"sync"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
)

// history holds every version of an organization's users that was written since it started.
type history struct {
	mu       sync.Mutex
	versions map[string][]*v1alpha1.OrgUser
}

// historyOf starts a history of an organization's users, which ends with the spec.
func historyOf(ctx context.Context, organization string) *history {
	GinkgoHelper()
	watching, err := client.NewWithWatch(env.Config, client.Options{Scheme: env.Scheme})
	Expect(err).NotTo(HaveOccurred())
	var list v1alpha1.OrgUserList
	Expect(env.Client.List(ctx, &list, client.InNamespace(organization))).To(Succeed())
	changes, err := watching.Watch(ctx, &v1alpha1.OrgUserList{}, &client.ListOptions{
		Namespace: organization, Raw: &metav1.ListOptions{ResourceVersion: list.ResourceVersion},
	})
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(changes.Stop)
	h := &history{versions: map[string][]*v1alpha1.OrgUser{}}
	go func() {
		for event := range changes.ResultChan() {
			if u, is := event.Object.(*v1alpha1.OrgUser); is {
				h.mu.Lock()
				h.versions[u.Name] = append(h.versions[u.Name], u)
				h.mu.Unlock()
			}
		}
	}()
	return h
}

// of returns a function that returns the versions of a user so far.
func (h *history) of(name string) func() []*v1alpha1.OrgUser {
	return func() []*v1alpha1.OrgUser {
		h.mu.Lock()
		defer h.mu.Unlock()
		return append([]*v1alpha1.OrgUser(nil), h.versions[name]...)
	}
}
