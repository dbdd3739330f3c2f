// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package workspace

import (
	"context"
	"errors"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/tools/events"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/requeue"
	"github.com/usher-operator/usher/internal/testing/builders"
	. "github.com/usher-operator/usher/internal/testing/matchers"
	"github.com/usher-operator/usher/internal/testing/world"
)

// userless is a client that cannot create users.
type userless struct{ client.Client }

var errNoUsers = errors.New("no more users")

// Create implements client.Client.
func (c userless) Create(ctx context.Context, o client.Object, opts ...client.CreateOption) error {
	if _, user := o.(*v1alpha1.OrgUser); user {
		return errNoUsers
	}
	return c.Client.Create(ctx, o, opts...)
}

// conflicting is a client to which somebody else is always a moment ahead in applying.
type conflicting struct{ client.Client }

// Apply implements client.Client.
func (conflicting) Apply(context.Context, runtime.ApplyConfiguration, ...client.ApplyOption) error {
	return apierrors.NewConflict(corev1.Resource("configmaps"), v1alpha1.SettingsConfigMap, nil)
}

var _ = Describe("A pass", func() {
	It("is repeated soon after a conflict on another object than the Workspace", func(ctx context.Context) {
		w := world.Get()
		namespace := w.Namespace(ctx, "conflicts")
		workspace := builders.Workspace(namespace, "support").Obj()
		Expect(w.Client.Create(ctx, builders.Organization(namespace).Obj())).To(Succeed())
		Expect(w.Client.Create(ctx, workspace)).To(Succeed())
		clients, _ := w.Clients(ctx)
		r := New(conflicting{clients.Client}, clients.Cache, clients.API, events.NewFakeRecorder(10), Platform{}, 0, time.Now)
		Expect(r.Reconcile(ctx, workspace)).To(Equal(ctrl.Result{RequeueAfter: requeue.Soon}))
	})

	It("shows and returns the failure of a phase, which keeps no other from its work", func(ctx context.Context) {
		w := world.Get()
		namespace := w.Namespace(ctx, "phases")
		workspace := builders.Workspace(namespace, "support").Device("kiosk", "customer@acme.example").Obj()
		Expect(w.Client.Create(ctx, builders.Organization(namespace).Obj())).To(Succeed())
		Expect(w.Client.Create(ctx, workspace)).To(Succeed())
		clients, _ := w.Clients(ctx)
		r := New(userless{clients.Client}, clients.Cache, clients.API, events.NewFakeRecorder(10), Platform{}, 0, time.Now)
		_, err := r.Reconcile(ctx, workspace)
		Expect(err).To(MatchError(errNoUsers))
		Expect(w.Client.Get(ctx, client.ObjectKeyFromObject(workspace), workspace)).To(Succeed())
		Expect(workspace).To(HaveCondition("Reconciling", metav1.ConditionTrue, v1alpha1.ReasonFailed))
		Expect(workspace.Status).To(And(HaveField("Namespace", namespace+"-support"), HaveField("Devices", HaveValue(BeEquivalentTo(1)))))
	})
})
