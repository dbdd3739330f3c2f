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
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	// maxLine is the maximum length of a command, in bytes.
	maxLine = 4 << 10
	// maxErrors is how many errors a client may cause before the connection is closed.
	maxErrors = 25
)

// session is the conversation with one client.
type session struct {
	agent    *agent
	memory   *memory
	timeouts timeouts
	conn     net.Conn
	in       *bufio.Reader
	out      *bufio.Writer
	client   netip.Addr
	// stopping ends when the server shuts down.
	stopping context.Context

	helo   string
	errors int
	// inTransaction is true once MAIL was accepted; sender, utf8 and to are the envelope.
	inTransaction bool
	sender        string
	utf8          bool
	to            []*Destination
}

// errBye ends a session after its last reply.
var errBye = errors.New("goodbye")

// serve handles commands until the session ends.
func (s *session) serve() {
	s.writeLine(fmt.Sprintf("220 %s LMTP Usher", s.agent.hostname))
	for {
		line, err := s.readLine()
		if err == nil {
			err = s.execute(line)
		}
		switch {
		case err == nil:
			continue
		case errors.Is(err, errLineTooLong):
			s.reply(lineTooLong)
		case s.stopping.Err() != nil && !errors.Is(err, errBye):
			s.reply(shuttingDown)
		case errors.Is(err, os.ErrDeadlineExceeded):
			s.reply(idleTooLong)
		case errors.Is(err, errEndless):
			s.reply(endlessMail)
		}
		_ = s.out.Flush() // the session ends either way
		return
	}
}

var errLineTooLong = errors.New("the line is too long")

// readLine reads a command. It sends the replies before it waits.
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

func (s *session) writeLine(line string) { _, _ = s.out.WriteString(line + "\r\n") } // Flush returns the error

func (s *session) reply(r reply) {
	if r.code >= 500 && r.code <= 503 || r.code == 555 {
		s.errors++
	}
	s.writeLine(r.String())
}

// execute executes a command. An error ends the session.
func (s *session) execute(line string) error {
	if s.errors >= maxErrors {
		s.reply(tooManyErrors)
		return errBye
	}
	if !utf8.ValidString(line) || strings.ContainsFunc(line, unicode.IsControl) {
		s.reply(invalidCharacter)
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
		s.reply(ok)
	case "NOOP":
		s.reply(ok)
	case "VRFY":
		s.reply(cannotVerify)
	case "QUIT":
		s.reply(goodbye)
		return errBye
	case "HELO", "EHLO":
		s.reply(useLHLO)
	case "BDAT", "AUTH", "STARTTLS", "EXPN", "HELP", "ETRN":
		s.reply(notSupported)
	default:
		s.reply(unknownCommand)
	}
	return nil
}

func (s *session) reset() { s.inTransaction, s.sender, s.utf8, s.to = false, "", false, nil }
