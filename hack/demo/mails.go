// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/usher-operator/usher/internal/testing/mailbox"
)

// mails are the mails that arrive in the mailbox while the story is played.
type mails struct {
	dir string
	// after is the number of the last mail from before the story.
	after int
}

// begin skips the mails that are already there.
func (m *mails) begin() error {
	messages, err := mailbox.ReadDir(m.dir)
	if err != nil {
		return err
	}
	if len(messages) > 0 {
		m.after = messages[len(messages)-1].Number
	}
	return nil
}

// arrived returns the mails of this story so far.
func (m *mails) arrived() ([]mailbox.Message, error) {
	messages, err := mailbox.ReadDir(m.dir)
	if err != nil {
		return nil, err
	}
	for i, message := range messages {
		if message.Number > m.after {
			return messages[i:], nil
		}
	}
	return nil, nil
}

// await waits until count mails have arrived at an address, and returns the last of them.
func (m *mails) await(ctx context.Context, address string, count int) (mailbox.Message, error) {
	var found []mailbox.Message
	err := until(ctx, func() (bool, error) {
		messages, err := m.arrived()
		found = found[:0]
		for _, message := range messages {
			if message.SentTo(address) {
				found = append(found, message)
			}
		}
		return len(found) >= count, err
	})
	if err != nil {
		return mailbox.Message{}, fmt.Errorf("%d of %d mails to %s: %w", len(found), count, address, err)
	}
	return found[count-1], nil
}

// linkIn finds the link of a mail that leads to a portal path: "/i/" or "/c/".
func linkIn(message mailbox.Message, path string) (string, error) {
	for _, link := range message.Links() {
		if strings.Contains(link, path) {
			return link, nil
		}
	}
	return "", fmt.Errorf("mail %s has no link to %s", message.File, path)
}

func envelope(message mailbox.Message) string {
	return fmt.Sprintf("From: %s\nTo: %s\nSubject: %s", address(message.From.Name, message.From.Address),
		strings.Join(message.EnvelopeTo, ", "), message.Subject)
}

func address(name, mail string) string {
	if name == "" {
		return mail
	}
	return fmt.Sprintf("%s <%s>", name, mail)
}
