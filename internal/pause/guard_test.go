// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package pause_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/workqueue"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/lookup"
	"github.com/usher-operator/usher/internal/pause"
	"github.com/usher-operator/usher/internal/testing/builders"
	"github.com/usher-operator/usher/internal/testing/timing"
)

func TestPause(t *testing.T) {
	RegisterFailHandler(Fail)
	timing.SetDefaults()
	RunSpecs(t, "Pause")
}

func holding(objects ...client.Object) client.Client {
	GinkgoHelper()
	scheme := runtime.NewScheme()
	Expect(errors.Join(v1alpha1.AddToScheme(scheme), corev1.AddToScheme(scheme))).To(Succeed())
	return fake.NewClientBuilder().WithScheme(scheme).WithObjects(objects...).Build()
}

// namespace returns the namespace acme, paused or not, being deleted or not.
func namespace(paused, deleting bool) *corev1.Namespace {
	n := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "acme", Annotations: map[string]string{}}}
	if paused {
		n.Annotations[v1alpha1.AnnotationPaused] = "true"
	}
	if deleting {
		n.DeletionTimestamp, n.Finalizers = &metav1.Time{Time: time.Now()}, []string{"kubernetes"}
	}
	return n
}

var _ = Describe("A guarded reconciler", func() {
	luis := types.NamespacedName{Namespace: "acme", Name: "luis"}
	passes := func(ctx context.Context, cache, api client.Client) bool {
		GinkgoHelper()
		var passed bool
		next := reconcile.Func(func(context.Context, ctrl.Request) (ctrl.Result, error) {
			passed = true
			return ctrl.Result{}, nil
		})
		guarded := pause.Guard[v1alpha1.OrgUser](cache, lookup.New(cache, effective.IntakeDomains{}), lookup.NewAPIReader(api), next)
		_, err := guarded.Reconcile(ctx, ctrl.Request{NamespacedName: luis})
		Expect(err).NotTo(HaveOccurred())
		return passed
	}
	user := func(deleting bool) *v1alpha1.OrgUser {
		u := builders.OrgUser("acme", "luis").Obj()
		if deleting {
			u.DeletionTimestamp, u.Finalizers = &metav1.Time{Time: time.Now()}, []string{v1alpha1.Finalizer}
		}
		return u
	}

	DescribeTable("OPS-5 sees", func(ctx context.Context, paused, namespaceDeleted, userDeleted, seen bool) {
		c := holding(namespace(paused, namespaceDeleted), user(userDeleted))
		Expect(passes(ctx, c, c)).To(Equal(seen))
	},
		Entry("what is not paused", false, false, false, true),
		Entry("nothing that is paused", true, false, false, false),
		Entry("no deletion in what is paused", true, false, true, false),
		Entry("a deletion together with a paused namespace", true, true, true, true),
		Entry("nothing else in a paused namespace that is being deleted", true, true, false, false),
	)

	It("OPS-5 does not see an object that is gone from what is paused, whose bindings may be there already", func(ctx context.Context) {
		c := holding(namespace(true, false))
		Expect(passes(ctx, c, c)).To(BeFalse())
		c = holding(namespace(false, false))
		Expect(passes(ctx, c, c)).To(BeTrue())
	})

	DescribeTable("OPS-5 asks the API server about a namespace that may be there again", func(ctx context.Context, cached ...client.Object) {
		Expect(passes(ctx, holding(append(cached, user(false))...), holding(namespace(true, false)))).To(BeFalse())
		Expect(passes(ctx, holding(append(cached, user(false))...), holding())).To(BeTrue())
	},
		Entry("because the cache does not show it"),
		Entry("because the cache shows its predecessor", namespace(false, true)),
	)
})

var _ = Describe("The end of a pause", func() {
	resumed := func(ctx context.Context, change func(context.Context, workqueue.TypedRateLimitingInterface[reconcile.Request])) int {
		q := workqueue.NewTypedRateLimitingQueue(workqueue.DefaultTypedControllerRateLimiter[reconcile.Request]())
		defer q.ShutDown()
		change(ctx, q)
		return q.Len()
	}
	handler := pause.OnResume(func(_ context.Context, organization string) ([]types.NamespacedName, error) {
		return []types.NamespacedName{{Namespace: organization, Name: "luis"}}, nil
	})

	DescribeTable("OPS-5 enqueues the organization's objects", func(ctx context.Context, before, after *corev1.Namespace, enqueued int) {
		Expect(resumed(ctx, func(ctx context.Context, q workqueue.TypedRateLimitingInterface[reconcile.Request]) {
			handler.Update(ctx, event.UpdateEvent{ObjectOld: before, ObjectNew: after}, q)
		})).To(Equal(enqueued))
	},
		Entry("when the annotation goes", namespace(true, false), namespace(false, false), 1),
		Entry("when the namespace is deleted", namespace(true, false), namespace(true, true), 1),
		Entry("not when it is paused", namespace(false, false), namespace(true, false), 0),
		Entry("not when something else changes", namespace(true, false), namespace(true, false), 0),
		Entry("not when nothing was paused", namespace(false, false), namespace(false, true), 0),
	)

	It("OPS-5 comes when the namespace is gone, too", func(ctx context.Context) {
		Expect(resumed(ctx, func(ctx context.Context, q workqueue.TypedRateLimitingInterface[reconcile.Request]) {
			handler.Delete(ctx, event.DeleteEvent{Object: namespace(true, true)}, q)
			handler.Create(ctx, event.CreateEvent{Object: namespace(true, false)}, q)
		})).To(Equal(1))
	})
})

var _ = Describe("Every controller", func() {
	It("OPS-5 is guarded, and goes on when a pause is over", func() {
		files, err := filepath.Glob("../controller/*/*.go")
		Expect(err).NotTo(HaveOccurred())
		var controllers int
		for _, file := range files {
			source, err := os.ReadFile(file)
			Expect(err).NotTo(HaveOccurred())
			code := string(source)
			made := strings.Count(code, "ctrl.NewControllerManagedBy(")
			// The mover decides where questions are kept, not what becomes of them.
			if made == 0 || strings.HasSuffix(file, "_test.go") || strings.HasSuffix(file, "/questions/mover.go") {
				continue
			}
			controllers += made
			// Questions are in the operator's namespace: their reconciler asks itself, once it has read whose they are.
			Expect(strings.Count(code, "pause.Guard[")+strings.Count(code, "r.cache.Held(")).To(Equal(made), file)
			Expect(strings.Count(code, "pause.OnResume(")).To(Equal(made), file)
		}
		Expect(controllers).To(BeNumerically(">=", 9))
	})
})
