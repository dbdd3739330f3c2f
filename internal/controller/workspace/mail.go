// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package workspace

import (
	"context"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/delivery"
	"github.com/usher-operator/usher/internal/linktoken"
	"github.com/usher-operator/usher/internal/lookup"
	"github.com/usher-operator/usher/internal/mapper"
	"github.com/usher-operator/usher/internal/pause"
)

// Mail sends the mail that asks the owner of a workspace's queue to confirm the address.
type Mail struct {
	client     client.Client
	cache      lookup.Reader
	api        lookup.APIReader
	postbox    delivery.Postbox
	links      linktoken.Links
	dispatcher *delivery.Dispatcher
	now        func() time.Time
}

// NewMail returns the controller that sends mails.
func NewMail(c client.Client, cache lookup.Reader, api lookup.APIReader, postbox delivery.Postbox, links linktoken.Links,
	dispatcher *delivery.Dispatcher, now func() time.Time,
) *Mail {
	return &Mail{client: c, cache: cache, api: api, postbox: postbox, links: links, dispatcher: dispatcher, now: now}
}

// Setup adds the controller to the manager.
func (m *Mail) Setup(mgr ctrl.Manager) error {
	return ctrl.NewControllerManagedBy(mgr).
		Named("workspace-mail").
		For(&v1alpha1.Workspace{}).
		WithOptions(m.dispatcher.Workers()).
		Watches(&corev1.Namespace{}, pause.OnResume(func(ctx context.Context, organization string) ([]types.NamespacedName, error) {
			return mapper.KeysOf(m.cache.Workspaces(ctx, organization))
		})).
		Complete(pause.Guard[v1alpha1.Workspace](m.client, m.cache, m.api, reconcile.AsReconciler(m.client, m)))
}

// Reconcile sends what is due.
func (m *Mail) Reconcile(ctx context.Context, w *v1alpha1.Workspace) (ctrl.Result, error) {
	return m.dispatcher.Deliver(ctx, w, &outbox{Mail: m, workspace: w})
}
