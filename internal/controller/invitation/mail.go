// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package invitation

import (
	"context"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/tools/events"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/delivery"
	"github.com/usher-operator/usher/internal/delivery/onboardingmail"
	"github.com/usher-operator/usher/internal/lookup"
	"github.com/usher-operator/usher/internal/pause"
)

// Mail sends the mails that an Invitation's status queues for its recipients.
type Mail struct {
	client     client.Client
	cache      lookup.Reader
	api        lookup.APIReader
	recorder   events.EventRecorder
	writer     onboardingmail.Writer
	dispatcher *delivery.Dispatcher
	now        func() time.Time
}

// NewMail returns the controller that sends mails.
func NewMail(c client.Client, cache lookup.Reader, api lookup.APIReader, recorder events.EventRecorder,
	writer onboardingmail.Writer, dispatcher *delivery.Dispatcher, now func() time.Time,
) *Mail {
	return &Mail{client: c, cache: cache, api: api, recorder: recorder, writer: writer, dispatcher: dispatcher, now: now}
}

// Setup adds a controller for each lane to the manager.
func (m *Mail) Setup(mgr ctrl.Manager) error {
	for _, lane := range delivery.Lanes() {
		err := ctrl.NewControllerManagedBy(mgr).
			Named("invitation-mail"+lane.Suffix).
			For(&v1alpha1.Invitation{}).
			WithOptions(m.dispatcher.Workers()).
			Watches(&corev1.Namespace{}, pause.OnResume(keysOf(m.cache))).
			Complete(pause.Guard[v1alpha1.Invitation](m.client, m.cache, m.api, reconcile.AsReconciler(m.client, &laneMail{m, lane})))
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

// Reconcile sends what is due, and emits an event about how the Invitation stands after what was written last.
func (m *laneMail) Reconcile(ctx context.Context, i *v1alpha1.Invitation) (ctrl.Result, error) {
	box := &outbox{Mail: m.Mail, invitation: i}
	result, err := m.dispatcher.Deliver(ctx, i, m.lane.Of(box))
	if box.written != nil {
		emitStanding(m.recorder, box.loaded, box.written)
	}
	return result, err
}
