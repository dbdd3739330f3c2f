// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/usher-operator/usher/internal/testing/mailbox"
)

// readMails shows the mails to the invited people, one of them in full.
func (s *story) readMails(ctx context.Context) error {
	s.begin("The mails")
	s.say("Each of the three people gets a mail in the inviter's name, in the language of the invitation (Usher ships with\n" +
		"Spanish and English).")
	for _, address := range []string{"luis.gomez@acme.example", "sam@acme.example"} {
		message, err := s.await(ctx, address, 1)
		if err != nil {
			return err
		}
		s.print("")
		s.quote(envelope(message))
	}
	_, err := s.mail(ctx, 1)
	return err
}

// register plays the invited person's first visit to the portal.
func (s *story) register(ctx context.Context) error {
	s.begin("Nora accepts")
	message, err := s.await(ctx, invited, 1)
	if err != nil {
		return err
	}
	s.say("She opens the link in her mail. Opening it changes nothing, so mail scanners do no harm.")
	if s.invitation, err = s.visit(ctx, message, "/i/"); err != nil {
		return err
	}
	s.say("She fills in the form and accepts.")
	return s.press(ctx, s.invitation, "Aceptar invitación", map[string]string{
		"displayName": "Nora Vidal", "phone": "+34 600 000 042",
	}, "Revisa tu correo")
}

// confirm plays the second mail and what follows from it.
func (s *story) confirm(ctx context.Context) error {
	s.begin("Nora confirms her address")
	s.say("The form alone grants nothing. A second mail proves that the address is hers.")
	if err := s.access(ctx, "no"); err != nil {
		return err
	}
	message, err := s.mail(ctx, 2)
	if err != nil {
		return err
	}
	page, err := s.visit(ctx, message, "/c/")
	if err != nil {
		return err
	}
	s.welcome = page.url.String()
	fields := map[string]string{}
	if s.password != "" {
		s.say("The page asks for the password with which she will sign in. It goes to Dex as a hash, and Usher keeps neither.")
		fields["password"] = s.password
	}
	if err := s.press(ctx, page, "Confirmar dirección", fields, "Te damos la bienvenida a Acme S.A."); err != nil {
		return err
	}
	s.say("A last mail tells her how to sign in.")
	_, err = s.mail(ctx, 3)
	return err
}

// mail waits for the invited person's n-th mail and shows it.
func (s *story) mail(ctx context.Context, n int) (mailbox.Message, error) {
	message, err := s.await(ctx, invited, n)
	if err != nil {
		return message, err
	}
	s.print("")
	s.quote(envelope(message) + "\n\n" + message.Text)
	return message, nil
}

func (s *story) await(ctx context.Context, address string, n int) (mailbox.Message, error) {
	message, err := s.mails.await(ctx, address, n)
	if err != nil {
		return message, s.unexpected("mail to "+address, err.Error(), "operator.log and "+s.cluster.log("mailbox.log"))
	}
	return message, nil
}

// visit opens the link of a mail and shows the page.
func (s *story) visit(ctx context.Context, message mailbox.Message, path string) (*visit, error) {
	link, err := linkIn(message, path)
	if err != nil {
		return nil, s.unexpected("a link in the mail", err.Error(), "operator.log")
	}
	page, err := s.browser.open(ctx, link)
	if err != nil {
		return nil, s.unexpected("the page that the link leads to", err.Error(), "portal.log")
	}
	s.show(page)
	return page, nil
}

// press presses a button on a page and shows the next page.
func (s *story) press(ctx context.Context, page *visit, button string, given map[string]string, heading string) error {
	next, err := s.browser.press(ctx, page, button, given)
	if err != nil {
		return s.unexpected(fmt.Sprintf("a page after the button %q", button), err.Error(), "portal.log")
	}
	s.show(next)
	if next.heading != heading {
		return s.unexpected(fmt.Sprintf("the page %q", heading), fmt.Sprintf("the page %q", next.heading), "portal.log")
	}
	return nil
}

func (s *story) show(v *visit) {
	s.print("\n" + strings.Join(v.steps, "\n"))
	s.quote(v.String())
}
