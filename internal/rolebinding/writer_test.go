// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package rolebinding

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	rbacv1ac "k8s.io/client-go/applyconfigurations/rbac/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/usher-operator/usher/internal/lookup"
	"github.com/usher-operator/usher/internal/testing/builders"
	"github.com/usher-operator/usher/internal/testing/timing"
)

var _ = Describe("A Writer", func() {
	luis := UserHolder(builders.OrgUser("acme", "luis").Obj(), "luis@acme.example")
	in := func(workspace, clusterRole string) *rbacv1.RoleBinding {
		return Binding{Namespace: "acme-" + workspace, ClusterRole: clusterRole, Workspace: workspace}.Build(luis)
	}
	module := func(workspace string) *rbacv1.RoleBinding {
		return Binding{Namespace: "acme-" + workspace, ClusterRole: "tickets", Workspace: workspace, Module: "desk"}.Build(luis)
	}
	forbidden := apierrors.NewForbidden(schema.GroupResource{Resource: "rolebindings"}, "x", errors.New("not held"))
	// attempts are the bindings that a writer tried to apply and to delete.
	type attempts struct {
		mu               sync.Mutex
		applied, deleted []string
	}
	// writer returns a writer that is refused the bindings of some namespaces.
	writer := func(tried *attempts, refused ...string) Writer {
		answer := func(namespace string) error {
			if slices.Contains(refused, namespace) {
				return forbidden
			}
			return nil
		}
		return NewWriter(interceptor.NewClient(fake.NewClientBuilder().Build(), interceptor.Funcs{
			Apply: func(_ context.Context, _ client.WithWatch, o runtime.ApplyConfiguration, _ ...client.ApplyOption) error {
				b, _ := o.(*rbacv1ac.RoleBindingApplyConfiguration)
				tried.mu.Lock()
				defer tried.mu.Unlock()
				tried.applied = append(tried.applied, *b.Namespace+"/"+*b.Name)
				return answer(*b.Namespace)
			},
			Delete: func(_ context.Context, _ client.WithWatch, o client.Object, _ ...client.DeleteOption) error {
				tried.mu.Lock()
				defer tried.mu.Unlock()
				tried.deleted = append(tried.deleted, o.GetNamespace()+"/"+o.GetName())
				return answer(o.GetNamespace())
			},
		}), lookup.APIReader{})
	}

	It("GTA-10 waits for the right to bind a module's ClusterRole, and for no other right", func(ctx context.Context) {
		attempts := 0
		w := NewWriter(interceptor.NewClient(fake.NewClientBuilder().Build(), interceptor.Funcs{
			Apply: func(context.Context, client.WithWatch, runtime.ApplyConfiguration, ...client.ApplyOption) error {
				if attempts++; attempts < 3 {
					return forbidden
				}
				return nil
			},
		}), lookup.APIReader{})
		Expect(w.Apply(ctx, Plan{Apply: []*rbacv1.RoleBinding{module("sales")}})).To(Succeed())
		Expect(attempts).To(Equal(3))
		attempts = 0
		Expect(w.Apply(ctx, Plan{Apply: []*rbacv1.RoleBinding{in("sales", "edit")}})).To(MatchError(ContainSubstring("forbidden")))
		Expect(attempts).To(Equal(1))
	})

	It("GTA-10 waits once for all modules of a plan", func(ctx context.Context) {
		var tried attempts
		Expect(writer(&tried, "acme-sales", "acme-support").Apply(ctx, Plan{Apply: []*rbacv1.RoleBinding{module("sales"), module("support")}})).To(
			MatchError(And(ContainSubstring("acme-sales"), ContainSubstring("acme-support"))))
		Expect(tried.applied).To(HaveLen(2+grantableDelay.Steps+1), "each once, one of them as often as it waits, and the other once more")
	})

	It("writes and deletes every other binding when one is refused, and returns all refusals", func(ctx context.Context) {
		var tried attempts
		err := writer(&tried, "acme-one", "acme-three").Apply(ctx, Plan{
			Delete: []*rbacv1.RoleBinding{in("one", "view"), in("two", "view")},
			Apply:  []*rbacv1.RoleBinding{in("three", "view"), in("four", "view")},
		})
		Expect(tried.deleted).To(ConsistOf("acme-one/usher-luis-view", "acme-two/usher-luis-view"))
		Expect(tried.applied).To(ConsistOf("acme-three/usher-luis-view", "acme-four/usher-luis-view"))
		Expect(err).To(MatchError(And(ContainSubstring("RoleBinding usher-luis-view in namespace acme-one: "),
			ContainSubstring("RoleBinding usher-luis-view in namespace acme-three: "))))
	})

	It("writes the bindings of a plan at the same time, and deletes what they replace after all of them", func(ctx context.Context) {
		const spaces = 4
		var arrived sync.WaitGroup
		arrived.Add(spaces)
		var applied, early atomic.Int32
		w := NewWriter(interceptor.NewClient(fake.NewClientBuilder().Build(), interceptor.Funcs{
			Apply: func(context.Context, client.WithWatch, runtime.ApplyConfiguration, ...client.ApplyOption) error {
				arrived.Done()
				arrived.Wait() // for all the others
				applied.Add(1)
				return nil
			},
			Delete: func(context.Context, client.WithWatch, client.Object, ...client.DeleteOption) error {
				if applied.Load() < spaces {
					early.Add(1)
				}
				return nil
			},
		}), lookup.APIReader{})
		var plan Plan
		for n := range spaces {
			workspace := fmt.Sprintf("work-%d", n)
			plan.Apply, plan.Replaced = append(plan.Apply, in(workspace, "edit")), append(plan.Replaced, in(workspace, "view"))
		}
		Expect(w.Apply(ctx, plan)).To(Succeed())
		Expect([]int32{applied.Load(), early.Load()}).To(Equal([]int32{spaces, 0}))
	}, SpecTimeout(timing.Timeout))

	It("never deletes what a refused binding was to replace", func(ctx context.Context) {
		var tried attempts
		Expect(writer(&tried, "acme-one").Apply(ctx, Plan{
			Apply:    []*rbacv1.RoleBinding{in("one", "edit"), in("two", "edit")},
			Replaced: []*rbacv1.RoleBinding{in("one", "view"), in("two", "view")},
		})).To(MatchError(ContainSubstring("acme-one")))
		Expect(tried.deleted).To(HaveExactElements("acme-two/usher-luis-view"))
	})
})
