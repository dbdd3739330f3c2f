// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package intake

import (
	"context"
	"errors"
)

// data takes the text of a mail, and gives an answer for each recipient (RFC 2033, 4.2).
func (s *session) data() error {
	switch {
	case !s.begun:
		s.answer(sayMailFirst)
		return nil
	case len(s.to) == 0:
		s.answer(noRecipient)
		return nil
	}
	s.say("354 the mail, and a line with a dot alone")
	if err := s.out.Flush(); err != nil {
		return err
	}
	m := &letter{text: &text{memory: s.memory}, utf8: s.utf8, client: s.client, helo: s.helo, id: newID()}
	defer m.text.free()
	defer s.reset()
	receiver := receiver{from: s.in, into: m.text, limit: s.desk.limits.MessageBytes}
	if err := receiver.receive(); err != nil {
		return err
	}
	if no := s.received(m, receiver.fault); no != nil {
		s.desk.log.Info("Mail refused", "id", m.id, "answer", no.String())
		for range s.to {
			count(*no)
			s.answer(*no)
		}
		return nil
	}
	s.deliver(m)
	return nil
}

// received examines what came; nil: it is a mail.
func (s *session) received(m *letter, fault error) *answer {
	switch {
	case errors.Is(fault, errTooBig):
		return new(s.tooBig())
	case errors.Is(fault, errBare):
		return &bareLineEnd
	case fault != nil:
		return &outOfMemory
	}
	if no := examine(m); no != nil {
		return no
	}
	m.verdict = classify(m.header, s.sender)
	return nil
}

// deliver brings the mail to each recipient once, and tells each answer as soon as it is known. A shutdown lets it finish; a
// client that is gone meanwhile hears nothing, and sends it again.
func (s *session) deliver(m *letter) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(s.stopping), s.patience.transaction)
	defer cancel()
	answers := map[string]answer{}
	for _, to := range s.to {
		a, done := answers[to.Intake]
		if !done {
			a = s.attempt(ctx, m, to)
			answers[to.Intake] = a
		}
		if a.code >= 400 {
			s.desk.log.Info("Mail not taken", "organization", to.Organization, "workspace", to.Workspace, "id", m.id,
				"code", a.code, "enhanced", a.enhanced)
		}
		count(a)
		s.answer(a)
		_ = s.out.Flush() // the next command finds out
	}
}

func (s *session) attempt(ctx context.Context, m *letter, to *Destination) answer {
	if ctx.Err() != nil {
		return transactionLimit
	}
	return s.desk.deliver(ctx, m, to)
}
