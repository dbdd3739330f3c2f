// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package intake

import (
	"errors"
	"strconv"
	"strings"
)

func (s *session) hello(name string) {
	if name == "" {
		s.reply(badSyntax.fill("form", "LHLO name"))
		return
	}
	s.reset()
	s.helo = name
	s.writeLine("250-" + s.agent.hostname)
	for _, extension := range []string{"PIPELINING", "ENHANCEDSTATUSCODES", "8BITMIME", "SMTPUTF8"} {
		s.writeLine("250-" + extension)
	}
	s.writeLine("250 SIZE " + strconv.FormatInt(s.agent.rates.inForce().limits.MessageBytes, 10))
}

func (s *session) mail(rest string) {
	const form = "MAIL FROM:<address>"
	switch {
	case s.helo == "":
		s.reply(lhloFirst)
		return
	case s.inTransaction:
		s.reply(mailTwice)
		return
	}
	sender, parameters, valid := parsePath(rest, "FROM:")
	if !valid {
		s.reply(badSyntax.fill("form", form))
		return
	}
	utf8, no := s.senderParameters(parameters)
	if no != nil {
		if no.enhanced == tooLarge.enhanced {
			count(*no)
		}
		s.reply(*no)
		return
	}
	s.inTransaction, s.sender, s.utf8 = true, sender, utf8
	s.reply(senderOK)
}

// senderParameters reads the parameters of MAIL. It returns the reply if one of them is refused.
func (s *session) senderParameters(parameters []string) (utf8 bool, no *reply) {
	for _, parameter := range parameters {
		name, value, _ := strings.Cut(parameter, "=")
		switch strings.ToUpper(name) {
		case "SIZE":
			size, err := strconv.ParseInt(value, 10, 64)
			switch {
			case err != nil && !errors.Is(err, strconv.ErrRange) || size < 0:
				return false, new(badValue.fill("name", "SIZE"))
			case err != nil || size > s.agent.rates.inForce().limits.MessageBytes:
				return false, new(s.tooLarge())
			}
		case "BODY":
			if body := strings.ToUpper(value); body != "7BIT" && body != "8BITMIME" {
				return false, new(badValue.fill("name", "BODY"))
			}
		case "SMTPUTF8":
			utf8 = true
		default:
			return false, new(badParameter.fill("name", brief(name)))
		}
	}
	return utf8, nil
}

// brief returns as much of a word as a reply repeats.
func brief(word string) string { return strings.ToValidUTF8(word[:min(len(word), 40)], "") }

func (s *session) tooLarge() reply {
	return tooLarge.fill("limit", strconv.FormatInt(s.agent.rates.inForce().limits.MessageBytes, 10))
}

func (s *session) rcpt(rest string) {
	const form = "RCPT TO:<address>"
	if !s.inTransaction {
		s.reply(mailFirst)
		return
	}
	if most := s.agent.rates.inForce().limits.Recipients; len(s.to) >= most {
		s.reply(tooManyRecipients.fill("limit", strconv.Itoa(most)))
		return
	}
	address, parameters, valid := parsePath(rest, "TO:")
	switch {
	case !valid || address == "":
		s.reply(badSyntax.fill("form", form))
		return
	case len(parameters) > 0:
		name, _, _ := strings.Cut(parameters[0], "=")
		s.reply(badParameter.fill("name", brief(name)))
		return
	}
	destination, no := s.agent.find(s.stopping, address)
	if no != nil {
		count(*no)
		s.reply(*no)
		return
	}
	s.to = append(s.to, destination)
	s.reply(recipientOK)
}
