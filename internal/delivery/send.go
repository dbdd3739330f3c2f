// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package delivery

import (
	"context"
	"fmt"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/usher-operator/usher/internal/delivery/attempt"
	"github.com/usher-operator/usher/internal/gateway"
	"github.com/usher-operator/usher/internal/mail"
)

// Mailer hands a mail to the mail server. Errors are as those of mail.Sender.
type Mailer interface {
	Send(ctx context.Context, message mail.Message) error
}

// Gateway hands a message to the service that reaches phones. Errors are as those of gateway.Client.
type Gateway interface {
	Send(ctx context.Context, message gateway.Message) error
}

// Postbox renders mails and hands them to the mail server.
type Postbox struct {
	mailer    Mailer
	templates *mail.InForce
}

// NewPostbox returns a Postbox. Nil templates are those that ship.
func NewPostbox(mailer Mailer, templates *mail.InForce) Postbox {
	return Postbox{mailer: mailer, templates: templates}
}

// Send renders the content into the message and sends it.
func (p Postbox) Send(ctx context.Context, message mail.Message, content mail.Content) error {
	rendered, err := p.templates.Render(content)
	if err != nil {
		return fmt.Errorf("cannot render the mail: %w", err)
	}
	message.Rendered = rendered
	return p.mailer.Send(ctx, message)
}

// Short renders the content as a short text, for a phone.
func (p Postbox) Short(content mail.Content) (string, error) {
	text, err := p.templates.Short(content)
	if err != nil {
		return "", fmt.Errorf("cannot render the message: %w", err)
	}
	return text, nil
}

// Try tries once to send a message and returns what came of it. It goes on for a while when the operator is told to stop.
func Try(ctx context.Context, kind mail.Kind, messageID string, send func(context.Context) error) attempt.Result {
	result := attempt.Result{MessageID: messageID}
	sending, done := outlasting(ctx, stopGrace)
	defer done()
	err := send(sending)
	if err == nil {
		return result
	}
	result.Error, result.Permanent = err.Error(), mail.IsPermanent(err) || gateway.IsPermanent(err)
	for _, notTried := range []func(error) (time.Time, bool){mail.NotTried, gateway.NotTried} {
		if retryAt, ok := notTried(err); ok {
			result.RetryAt = retryAt
			return result
		}
	}
	log.FromContext(ctx).Info("a message was not accepted", "kind", kind, "messageID", messageID,
		"permanent", result.Permanent, "reason", result.Error)
	return result
}

// stopGrace is how long a message on its way may still take when the operator is told to stop: cut off, it may arrive twice.
const stopGrace = 15 * time.Second

// outlasting returns a context that ends a while after ctx.
func outlasting(ctx context.Context, grace time.Duration) (context.Context, context.CancelFunc) {
	out, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		select {
		case <-time.After(grace):
			cancel()
		case <-out.Done():
		}
	})
	return out, func() { stop(); cancel() }
}
