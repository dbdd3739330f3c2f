// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"context"
	"fmt"
	"strings"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/delivery/attempt"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/gateway"
	"github.com/usher-operator/usher/internal/mail"
	"github.com/usher-operator/usher/internal/notice"
)

// Gateway hands a message to the service that reaches phones. Errors are as those of gateway.Client.
type Gateway interface {
	Send(ctx context.Context, message gateway.Message) error
}

// noticeWriter writes the messages for the contacts of one object, all from the same snapshot.
type noticeWriter struct {
	*notices
	target   *noticeTarget
	snapshot notice.Snapshot
	report   *notice.Report
	table    []byte
}

func (r *noticeWriter) prepare(ctx context.Context) (ok bool, err error) {
	r.report, r.table = nil, nil
	r.snapshot, err = r.notices.snapshot(ctx, r.target)
	return err == nil, err
}

// write gives the function that sends one message.
func (r *noticeWriter) write(e contactMessage) sendFunc {
	content := r.content(e)
	return func(ctx context.Context) attempt.Result {
		return attemptSend(ctx, string(content.Kind), e.delivery.MessageID, func(ctx context.Context) error {
			if e.delivery.Type == v1alpha1.MethodEmail {
				return r.mail(ctx, e, content)
			}
			return r.phone(ctx, e, content)
		})
	}
}

func (r *noticeWriter) mail(ctx context.Context, e contactMessage, content mail.Content) error {
	rendered, err := r.MailTemplates.Render(content)
	if err != nil {
		return fmt.Errorf("the mail cannot be written: %w", err)
	}
	message := mail.Message{
		To: e.delivery.Value, FromName: content.Organization, MessageID: e.delivery.MessageID, Rendered: rendered,
	}
	if e.alert == nil {
		message.Attachments = []mail.Attachment{{Name: "report.csv", Type: "text/csv; charset=utf-8; header=present", Content: r.table}}
	}
	return r.Mailer.Send(ctx, message)
}

func (r *noticeWriter) phone(ctx context.Context, e contactMessage, content mail.Content) error {
	if r.Gateway == nil {
		return fmt.Errorf("there is no gateway")
	}
	text, err := r.MailTemplates.Short(content)
	if err != nil {
		return fmt.Errorf("the message cannot be written: %w", err)
	}
	id, _, _ := strings.Cut(strings.Trim(e.delivery.MessageID, "<>"), "@")
	message := gateway.Message{
		ID: id, Type: string(e.delivery.Type), To: e.delivery.Value, Text: text, Organization: r.target.organization.Name,
	}
	if w := r.target.workspace; w != nil {
		message.Workspace = w.Name
	}
	return r.Gateway.Send(ctx, message)
}

// content gives what a message says.
func (r *noticeWriter) content(e contactMessage) mail.Content {
	b := r.target
	c := mail.Content{
		Kind: mail.StatusReport, Language: b.languageOf(), Organization: effective.OrganizationTitle(b.organization),
		Location: effective.LocationOf(b.organization), Recipient: r.contactOf(e),
	}
	if b.workspace != nil {
		c.Facts = append(c.Facts, factOf("details.workspace", wordOf(effective.WorkspaceTitle(b.workspace))))
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
func (r *noticeWriter) contactOf(e contactMessage) string {
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
