// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package delivery

import (
	"context"
	"fmt"

	"github.com/usher-operator/usher/internal/gateway"
	"github.com/usher-operator/usher/internal/mail"
)

// Mailer hands a mail to the mail server. Its errors are those of mail.Sender.
type Mailer interface {
	Send(ctx context.Context, message mail.Message) error
}

// Gateway hands a message to the service that reaches phones. Its errors are those of gateway.Client.
type Gateway interface {
	Send(ctx context.Context, message gateway.Message) error
}

// Postbox renders mails and hands them to the mail server.
type Postbox struct {
	mailer    Mailer
	templates *mail.InForce
}

// NewPostbox returns a Postbox. Nil templates stand for those that ship.
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

// Short renders the content as one line, for a phone.
func (p Postbox) Short(content mail.Content) (string, error) {
	text, err := p.templates.Short(content)
	if err != nil {
		return "", fmt.Errorf("cannot render the message: %w", err)
	}
	return text, nil
}
