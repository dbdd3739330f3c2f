// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package intake

import (
	"context"
	"errors"
)

// data receives the content of a mail and sends a reply for each recipient (RFC 2033, 4.2).
func (s *session) data() error {
	switch {
	case !s.inTransaction:
		s.reply(mailFirst)
		return nil
	case len(s.to) == 0:
		s.reply(noRecipient)
		return nil
	}
	s.writeLine("354 send the mail, ending with a line that contains only a dot")
	if err := s.out.Flush(); err != nil {
		return err
	}
	m := &message{content: &buffer{memory: s.memory}, utf8: s.utf8, client: s.client, helo: s.helo, id: newID()}
	defer m.content.free()
	defer s.reset()
	receiver := receiver{from: s.in, into: m.content, limit: s.agent.rates.inForce().limits.MessageBytes}
	if err := receiver.receive(); err != nil {
		return err
	}
	if no := s.check(m, receiver.fault); no != nil {
		s.agent.log.Info("refused a mail", "id", m.id, "reply", no.String())
		for range s.to {
			count(*no)
			s.reply(*no)
		}
		return nil
	}
	s.deliver(m)
	return nil
}

// check reads and classifies what was received. It returns the reply if the mail is refused for all recipients.
func (s *session) check(m *message, fault error) *reply {
	switch {
	case errors.Is(fault, errTooLarge):
		return new(s.tooLarge())
	case errors.Is(fault, errBareLineEnd):
		return &bareLineEnd
	case fault != nil:
		return &outOfMemory
	}
	if no := examine(m); no != nil {
		return no
	}
	m.classification = classify(m.header, s.sender)
	return nil
}

// deliver delivers the mail to each recipient once, and sends each reply as soon as it is known. A shutdown waits for it. A client
// that disconnects meanwhile gets no reply and sends the mail again.
func (s *session) deliver(m *message) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(s.stopping), s.timeouts.delivery)
	defer cancel()
	replies := map[string]reply{}
	for _, to := range s.to {
		r, done := replies[to.Intake]
		if !done {
			r = s.deliverTo(ctx, m, to)
			replies[to.Intake] = r
		}
		if r.code >= 400 {
			s.agent.log.Info("refused a mail to a recipient", "organization", to.Organization, "workspace", to.Workspace, "id", m.id,
				"code", r.code, "enhanced", r.enhanced)
		}
		count(r)
		s.reply(r)
		_ = s.out.Flush() // reading the next command reports the error
	}
}

func (s *session) deliverTo(ctx context.Context, m *message, to *Destination) reply {
	if ctx.Err() != nil {
		return deliveryTimeout
	}
	return s.agent.deliver(ctx, m, to)
}
