// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package docs

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/internal/testing/mailbox"
)

// mail compares a block with the newest mail to an address.
func (s *session) mail(ctx context.Context, step step) {
	GinkgoHelper()
	shown := s.page.content(step.block)
	var printed []string
	for began := time.Now(); ; time.Sleep(interval) {
		printed = s.letter(step.text, shown)
		if matches(shown, printed) {
			return
		}
		if time.Since(began) > patience || *update && time.Since(began) > still {
			break
		}
	}
	Expect(ctx.Err()).NotTo(HaveOccurred())
	if *update {
		s.replace(step.indent, step.first, step.last, abridge(shown, printed))
		return
	}
	s.differs(step.first, "mail to "+step.text, strings.Join(shown, "\n"), strings.Join(printed, "\n"))
	patience = still
}

// letter returns the newest mail to an address: the header fields that the page shows and, if it shows it, the text.
func (s *session) letter(address string, shown []string) []string {
	GinkgoHelper()
	messages, err := shared.Mailbox.Messages()
	Expect(err).NotTo(HaveOccurred())
	messages = slices.DeleteFunc(messages[s.mailsBefore:], func(m mailbox.Message) bool { return !m.SentTo(address) })
	if len(messages) == 0 {
		return nil
	}
	m := messages[len(messages)-1]
	var lines []string
	for _, line := range shown {
		name, _, isField := strings.Cut(line, ": ")
		if line == "" || !isField {
			break
		}
		switch name {
		case "From":
			lines = append(lines, fmt.Sprintf("From: %s <%s>", m.From.Name, m.From.Address))
		case "To":
			lines = append(lines, "To: "+m.To[0].Address)
		case "Subject":
			lines = append(lines, "Subject: "+m.Subject)
		default:
			lines = append(lines, name+": "+m.Header.Get(name))
		}
	}
	if slices.Contains(shown, "") {
		text := strings.ReplaceAll(m.Text, s.portalURL, shownURL)
		lines = append(append(lines, ""), linesOf(text)...)
	}
	return lines
}
