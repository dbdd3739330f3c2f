// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package orguser

import (
	"context"
	"time"

	corev1 "k8s.io/api/core/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/delivery"
	"github.com/usher-operator/usher/internal/delivery/onboardingmail"
	"github.com/usher-operator/usher/internal/lookup"
	"github.com/usher-operator/usher/internal/pause"
)

// Mail sends the mails that an OrgUser's status queues.
type Mail struct {
	client     client.Client
	cache      lookup.Reader
	api        lookup.APIReader
	writer     onboardingmail.Writer
	postbox    delivery.Postbox
	dispatcher *delivery.Dispatcher
	now        func() time.Time
}

// NewMail returns the controller.
func NewMail(c client.Client, cache lookup.Reader, api lookup.APIReader, writer onboardingmail.Writer,
	postbox delivery.Postbox, dispatcher *delivery.Dispatcher, now func() time.Time,
) *Mail {
	return &Mail{client: c, cache: cache, api: api, writer: writer, postbox: postbox, dispatcher: dispatcher, now: now}
}

// Setup adds a controller for each lane to the manager.
func (m *Mail) Setup(mgr ctrl.Manager) error {
	for _, lane := range delivery.Lanes() {
		err := ctrl.NewControllerManagedBy(mgr).
			Named("orguser-mail"+lane.Suffix).
			For(&v1alpha1.OrgUser{}).
			WithOptions(m.dispatcher.Workers()).
			Watches(&corev1.Namespace{}, pause.OnResume(keysOf(m.cache))).
			Complete(pause.Guard[v1alpha1.OrgUser](m.client, m.cache, m.api, reconcile.AsReconciler(m.client, &laneMail{m, lane})))
		if err != nil {
			return err
		}
	}
	return nil
}

// laneMail sends the mails of one lane.
type laneMail struct {
	*Mail

	lane delivery.Lane
}

// Reconcile sends what is due.
func (m *laneMail) Reconcile(ctx context.Context, u *v1alpha1.OrgUser) (ctrl.Result, error) {
	return m.dispatcher.Deliver(ctx, u, m.lane.Of(&outbox{Mail: m.Mail, user: u}))
}
