// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package notices

import (
	"context"
	"errors"
	"strings"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/delivery"
	"github.com/usher-operator/usher/internal/delivery/attempt"
	"github.com/usher-operator/usher/internal/gateway"
	"github.com/usher-operator/usher/internal/mail"
	"github.com/usher-operator/usher/internal/notice"
	"github.com/usher-operator/usher/internal/status"
)

// outbox holds the messages for the contacts of one object, all of them from the same snapshot.
type outbox struct {
	*Notices

	target *target
	// snapshot is what the messages are written from, set by Load.
	snapshot notice.Snapshot
	// report and table are written from the snapshot once a message needs them.
	report *notice.Report
	table  []byte
	// messages, details and contacts hold what one message after another needs, by Message-ID, by the number of the alert, and by the
	// destination of alerts and of reports: each would have to be looked for among all people or all destinations.
	messages                 map[string]message
	details                  map[int64]notice.Details
	alertContact, repContact func(notice.Destination) string
}

// forget makes the next message read anew what messages share.
func (b *outbox) forget() {
	b.report, b.table, b.messages, b.details, b.alertContact, b.repContact = nil, nil, nil, nil, nil, nil
}

// message returns a message that Pending has returned.
func (b *outbox) message(id string) message {
	if m, known := b.messages[id]; known {
		return m
	}
	b.messages = map[string]message{} // it is new in the state that was written last
	for _, m := range b.target.messages() {
		b.messages[m.delivery.MessageID] = m
	}
	return b.messages[id]
}

// Pending implements delivery.Outbox.
func (b *outbox) Pending() []delivery.Message {
	if !b.target.object.GetDeletionTimestamp().IsZero() {
		return nil
	}
	var messages []delivery.Message
	for _, m := range b.target.messages() {
		if wait, queued := notice.NextAttempt(m.delivery, b.now()); queued {
			messages = append(messages, delivery.Message{
				ID: m.delivery.MessageID, MessageID: m.delivery.MessageID, Wait: wait, Urgency: m.urgency(),
				Stream: m.stream(), Destination: m.destination(),
			})
		}
	}
	return messages
}

// Load implements delivery.Outbox.
func (b *outbox) Load(ctx context.Context) (bool, error) {
	object := b.target.object
	if err := status.Read(ctx, b.api, client.ObjectKeyFromObject(object), object); err != nil {
		return false, err
	}
	b.forget()
	var err error
	b.snapshot, err = b.Notices.snapshot(ctx, b.target)
	return err == nil, err
}

// Render implements delivery.Outbox.
func (b *outbox) Render(_ context.Context, id string) delivery.Send {
	m := b.message(id)
	content := b.content(m)
	return func(ctx context.Context) attempt.Result {
		return delivery.Try(ctx, content.Kind, id, func(ctx context.Context) error {
			if m.delivery.Type == v1alpha1.MethodEmail {
				return b.sendMail(ctx, m, content)
			}
			return b.sendToPhone(ctx, m, content)
		})
	}
}

// Record implements delivery.Outbox.
func (b *outbox) Record(ctx context.Context, results map[string]attempt.Result) error {
	return status.Amend(ctx, b.api, b.client, b.target.object, func() error {
		for _, m := range b.target.messages() {
			if result, tried := results[m.delivery.MessageID]; tried {
				notice.Record(m.delivery, result, b.now())
			}
		}
		b.target.setWithinBudget()
		return nil
	})
}

func (b *outbox) sendMail(ctx context.Context, m message, content mail.Content) error {
	out := mail.Message{To: m.delivery.Value, FromName: content.Organization, MessageID: m.delivery.MessageID}
	if m.alert == nil {
		out.Attachments = []mail.Attachment{{Name: "report.csv", Type: "text/csv; charset=utf-8; header=present", Content: b.table}}
	}
	return b.postbox.Send(ctx, out, content)
}

func (b *outbox) sendToPhone(ctx context.Context, m message, content mail.Content) error {
	if b.gateway == nil {
		return errors.New("there is no gateway: set --gateway-url, or use another contact method")
	}
	text, err := b.postbox.Short(content)
	if err != nil {
		return err
	}
	id, _, _ := strings.Cut(strings.Trim(m.delivery.MessageID, "<>"), "@")
	out := gateway.Message{
		ID: id, Type: string(m.delivery.Type), To: m.delivery.Value, Text: text, Organization: b.target.organization.Name,
	}
	if w := b.target.workspace; w != nil {
		out.Workspace = w.Name
	}
	return b.gateway.Send(ctx, out)
}
