// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package intake

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

const (
	// maxLine bounds a command, in bytes.
	maxLine = 4 << 10
	// maxMistakes ends a connection that says nothing but nonsense.
	maxMistakes = 25
)

// patience is how long the listener waits.
type patience struct {
	// line is for the next command or the next piece of a mail, answer for the client to take an answer.
	line, answer time.Duration
	// transaction is for the way of a mail to all its recipients: less than mail servers wait for the answer, which is five
	// minutes and more.
	transaction time.Duration
	// shutdown is for mails under way when the operator is told to stop.
	shutdown time.Duration
}

var usualPatience = patience{
	line: 5 * time.Minute, answer: time.Minute, transaction: 4 * time.Minute, shutdown: 20 * time.Second,
}

// session is the conversation with one client.
type session struct {
	desk     *desk
	memory   *memory
	patience patience
	conn     net.Conn
	in       *bufio.Reader
	out      *bufio.Writer
	client   netip.Addr
	// stopping ends when the listener shuts down.
	stopping context.Context

	helo     string
	mistakes int
	// begun tells that MAIL was accepted; sender, utf8 and to are the envelope.
	begun  bool
	sender string
	utf8   bool
	to     []*Destination
}

// patient waits for a client only so long, in both directions, and for its next word until stopping ends.
type patient struct {
	net.Conn
	stopping    context.Context
	read, write time.Duration
}

// Read implements io.Reader.
func (p patient) Read(b []byte) (int, error) {
	if err := p.SetReadDeadline(time.Now().Add(p.read)); err != nil {
		return 0, err
	}
	if err := p.stopping.Err(); err != nil { // only after that: wake may have been before
		return 0, err
	}
	return p.Conn.Read(b)
}

// Write implements io.Writer.
func (p patient) Write(b []byte) (int, error) {
	if err := p.SetWriteDeadline(time.Now().Add(p.write)); err != nil {
		return 0, err
	}
	return p.Conn.Write(b)
}

// errBye ends a session.
var errBye = errors.New("goodbye")

// serve talks until the client goes or has to.
func (s *session) serve() {
	s.say(fmt.Sprintf("220 %s LMTP Usher", s.desk.hostname))
	for {
		line, err := s.readLine()
		if err == nil {
			err = s.obey(line)
		}
		switch {
		case err == nil:
			continue
		case errors.Is(err, errLineTooLong):
			s.answer(lineTooLong)
		case s.stopping.Err() != nil && !errors.Is(err, errBye):
			s.answer(shuttingDown)
		case errors.Is(err, os.ErrDeadlineExceeded):
			s.answer(idleTooLong)
		case errors.Is(err, errEndless):
			s.answer(endlessMail)
		}
		_ = s.out.Flush() // whoever is gone hears nothing
		return
	}
}

var errLineTooLong = errors.New("the line is too long")

// readLine reads a command. What was answered goes out before anything is waited for.
func (s *session) readLine() (string, error) {
	if s.in.Buffered() == 0 {
		if err := s.out.Flush(); err != nil {
			return "", err
		}
		if s.stopping.Err() != nil {
			return "", s.stopping.Err()
		}
	}
	line, err := s.in.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) || len(line) > maxLine {
		return "", errLineTooLong
	}
	return strings.TrimRight(string(line), "\r\n"), err
}

func (s *session) say(line string) { _, _ = s.out.WriteString(line + "\r\n") } // an error shows when it is flushed

func (s *session) answer(a answer) {
	if a.code >= 500 && a.code <= 503 || a.code == 555 {
		s.mistakes++
	}
	s.say(a.String())
}

// obey does what a line says. An error ends the session.
func (s *session) obey(line string) error {
	if s.mistakes >= maxMistakes {
		s.answer(tooManyMistakes)
		return errBye
	}
	if !utf8.ValidString(line) || strings.ContainsFunc(line, unicode.IsControl) {
		s.answer(unprintable)
		return nil
	}
	verb, rest, _ := strings.Cut(line, " ")
	switch strings.ToUpper(verb) {
	case "LHLO":
		s.hello(strings.TrimSpace(rest))
	case "MAIL":
		s.mail(rest)
	case "RCPT":
		s.rcpt(rest)
	case "DATA":
		return s.data()
	case "RSET":
		s.reset()
		s.answer(ok)
	case "NOOP":
		s.answer(ok)
	case "VRFY":
		s.answer(cannotTell)
	case "QUIT":
		s.answer(goodbye)
		return errBye
	case "HELO", "EHLO":
		s.answer(sayLHLO)
	case "BDAT", "AUTH", "STARTTLS", "EXPN", "HELP", "ETRN":
		s.answer(notOffered)
	default:
		s.answer(unknownCommand)
	}
	return nil
}

func (s *session) reset() { s.begun, s.sender, s.utf8, s.to = false, "", false, nil }

func (s *session) hello(name string) {
	if name == "" {
		s.answer(badSyntax.fill("form", "LHLO name"))
		return
	}
	s.reset()
	s.helo = name
	s.say("250-" + s.desk.hostname)
	for _, extension := range []string{"PIPELINING", "ENHANCEDSTATUSCODES", "8BITMIME", "SMTPUTF8"} {
		s.say("250-" + extension)
	}
	s.say("250 SIZE " + strconv.FormatInt(s.desk.limits.MessageBytes, 10))
}

func (s *session) mail(rest string) {
	const form = "MAIL FROM:<address>"
	switch {
	case s.helo == "":
		s.answer(sayLHLOFirst)
		return
	case s.begun:
		s.answer(mailTwice)
		return
	}
	sender, parameters, fine := parsePath(rest, "FROM:")
	if !fine {
		s.answer(badSyntax.fill("form", form))
		return
	}
	utf8, no := s.senderParameters(parameters)
	if no != nil {
		if no.enhanced == tooBig.enhanced {
			count(*no)
		}
		s.answer(*no)
		return
	}
	s.begun, s.sender, s.utf8 = true, sender, utf8
	s.answer(senderOK)
}

func (s *session) senderParameters(parameters []string) (utf8 bool, no *answer) {
	for _, parameter := range parameters {
		name, value, _ := strings.Cut(parameter, "=")
		switch strings.ToUpper(name) {
		case "SIZE":
			size, err := strconv.ParseInt(value, 10, 64)
			switch {
			case err != nil && !errors.Is(err, strconv.ErrRange) || size < 0:
				return false, new(badValue.fill("name", "SIZE"))
			case err != nil || size > s.desk.limits.MessageBytes:
				return false, new(s.tooBig())
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

// brief is as much of a word as an answer repeats.
func brief(word string) string { return strings.ToValidUTF8(word[:min(len(word), 40)], "") }

func (s *session) tooBig() answer {
	return tooBig.fill("limit", strconv.FormatInt(s.desk.limits.MessageBytes, 10))
}

func (s *session) rcpt(rest string) {
	const form = "RCPT TO:<address>"
	if !s.begun {
		s.answer(sayMailFirst)
		return
	}
	if len(s.to) >= s.desk.limits.Recipients {
		s.answer(tooManyRcpts.fill("limit", strconv.Itoa(s.desk.limits.Recipients)))
		return
	}
	address, parameters, fine := parsePath(rest, "TO:")
	switch {
	case !fine || address == "":
		s.answer(badSyntax.fill("form", form))
		return
	case len(parameters) > 0:
		name, _, _ := strings.Cut(parameters[0], "=")
		s.answer(badParameter.fill("name", brief(name)))
		return
	}
	destination, no := s.desk.find(s.stopping, address)
	if no != nil {
		count(*no)
		s.answer(*no)
		return
	}
	s.to = append(s.to, destination)
	s.answer(rcptOK)
}
