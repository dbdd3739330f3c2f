// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package notices

import (
	"context"
	"errors"
	"slices"
	"strings"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/delivery"
	"github.com/usher-operator/usher/internal/delivery/attempt"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/gateway"
	"github.com/usher-operator/usher/internal/mail"
	"github.com/usher-operator/usher/internal/notice"
	"github.com/usher-operator/usher/internal/status"
)

// outbox holds the messages for the contacts of one object, all of them from the same snapshot.
type outbox struct {
	*Notices

	target *noticeTarget
	// Filled by Load.
	snapshot notice.Snapshot
	report   *notice.Report
	table    []byte
}

// Pending implements delivery.Outbox.
func (r *outbox) Pending() []delivery.Message {
	if !r.target.object.GetDeletionTimestamp().IsZero() {
		return nil
	}
	var messages []delivery.Message
	for _, e := range r.target.messages() {
		if wait, queued := notice.NextAttempt(e.delivery, r.now()); queued {
			messages = append(messages, delivery.Message{ID: e.delivery.MessageID, Wait: wait, Urgency: e.urgency()})
		}
	}
	return messages
}

// Load implements delivery.Outbox.
func (r *outbox) Load(ctx context.Context) (bool, error) {
	object := r.target.object
	if err := status.Read(ctx, r.api, client.ObjectKeyFromObject(object), object); err != nil {
		return false, err
	}
	r.report, r.table = nil, nil
	var err error
	r.snapshot, err = r.Notices.snapshot(ctx, r.target)
	return err == nil, err
}

// Render implements delivery.Outbox.
func (r *outbox) Render(_ context.Context, id string) delivery.Send {
	messages := r.target.messages()
	e := messages[slices.IndexFunc(messages, func(e contactMessage) bool { return e.delivery.MessageID == id })]
	content := r.content(e)
	return func(ctx context.Context) attempt.Result {
		return delivery.Try(ctx, content.Kind, id, func(ctx context.Context) error {
			if e.delivery.Type == v1alpha1.MethodEmail {
				return r.mail(ctx, e, content)
			}
			return r.phone(ctx, e, content)
		})
	}
}

// Record implements delivery.Outbox.
func (r *outbox) Record(ctx context.Context, results map[string]attempt.Result) error {
	return status.Amend(ctx, r.api, r.client, r.target.object, func() error {
		for _, e := range r.target.messages() {
			if result, tried := results[e.delivery.MessageID]; tried {
				notice.Record(e.delivery, result, r.now())
			}
		}
		return nil
	})
}

func (r *outbox) mail(ctx context.Context, e contactMessage, content mail.Content) error {
	message := mail.Message{To: e.delivery.Value, FromName: content.Organization, MessageID: e.delivery.MessageID}
	if e.alert == nil {
		message.Attachments = []mail.Attachment{{Name: "report.csv", Type: "text/csv; charset=utf-8; header=present", Content: r.table}}
	}
	return r.postbox.Send(ctx, message, content)
}

func (r *outbox) phone(ctx context.Context, e contactMessage, content mail.Content) error {
	if r.gateway == nil {
		return errors.New("there is no gateway: set --gateway-url, or use another contact method")
	}
	text, err := r.postbox.Short(content)
	if err != nil {
		return err
	}
	id, _, _ := strings.Cut(strings.Trim(e.delivery.MessageID, "<>"), "@")
	message := gateway.Message{
		ID: id, Type: string(e.delivery.Type), To: e.delivery.Value, Text: text, Organization: r.target.organization.Name,
	}
	if w := r.target.workspace; w != nil {
		message.Workspace = w.Name
	}
	return r.gateway.Send(ctx, message)
}

// content gives what a message says.
func (r *outbox) content(e contactMessage) mail.Content {
	b := r.target
	c := mail.Content{
		Kind: mail.StatusReport, Language: b.languageOf(), Organization: effective.OrganizationTitle(b.organization),
		Location: effective.LocationOf(b.organization), Recipient: r.contactOf(e),
	}
	if b.workspace != nil {
		c.Facts = append(c.Facts, mail.FactOf("details.workspace", mail.WordOf(effective.WorkspaceTitle(b.workspace))))
	}
	if e.alert != nil {
		c.Kind = mail.Kind(e.alert.Reason)
		r.tellAlert(&c, e.alert)
		return c
	}
	if r.report == nil {
		r.report = notice.NewReport(r.snapshot)
		r.table = r.report.CSV()
	}
	r.tellReport(&c)
	return c
}

// contactOf gives the name of the contact who is written to.
func (r *outbox) contactOf(e contactMessage) string {
	alerts, reports, _ := r.target.destinations()
	to := reports
	if e.alert != nil {
		to = alerts
	}
	is := notice.Among([]notice.Destination{{Type: e.delivery.Type, Value: e.delivery.Value}})
	for _, d := range to {
		if is(d) {
			return d.Contact
		}
	}
	return ""
}
