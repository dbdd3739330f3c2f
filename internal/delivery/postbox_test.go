// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package delivery

import (
	"context"
	"errors"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/internal/mail"
)

// mailerFunc is a Mailer.
type mailerFunc func(mail.Message) error

func (f mailerFunc) Send(_ context.Context, m mail.Message) error { return f(m) }

var _ = Describe("A postbox", func() {
	content := mail.Content{
		Kind: mail.Invitation, Organization: "Acme", Recipient: "Luis", Role: "Member", URL: "https://portal.acme.example/i/x",
	}

	DescribeTable("sends the rendered content to the recipient of the message", func(ctx SpecContext, templates *mail.InForce) {
		var sent []mail.Message
		box := NewPostbox(mailerFunc(func(m mail.Message) error {
			sent = append(sent, m)
			return nil
		}), templates)
		Expect(box.Send(ctx, mail.Message{To: "luis@acme.example", MessageID: "<1@usher.example>"}, content)).To(Succeed())
		rendered, err := mail.Shipped().Render(content)
		Expect(err).NotTo(HaveOccurred())
		Expect(sent).To(HaveExactElements(
			mail.Message{To: "luis@acme.example", MessageID: "<1@usher.example>", Rendered: rendered}))
	},
		Entry("with the templates that ship, when there are none", nil),
		Entry("with the templates that ship, until others are in force", &mail.InForce{}),
	)

	It("returns the error of the mail server as it is", func(ctx SpecContext) {
		refused := &mail.DeliveryError{Code: 550, Permanent: true}
		box := NewPostbox(mailerFunc(func(mail.Message) error { return refused }), nil)
		Expect(box.Send(ctx, mail.Message{To: "luis@acme.example"}, content)).To(BeIdenticalTo(refused))
	})

	It("sends nothing that cannot be rendered", func(ctx SpecContext) {
		box := NewPostbox(mailerFunc(func(mail.Message) error { return errors.New("must not be called") }), nil)
		unknown := mail.Content{Kind: "Unknown"}
		Expect(box.Send(ctx, mail.Message{To: "luis@acme.example"}, unknown)).To(MatchError(HavePrefix("cannot render the mail: ")))
		_, err := box.Short(unknown)
		Expect(err).To(MatchError(HavePrefix("cannot render the message: ")))
	})
})
