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
	// maxLine is the maximum length of a command, in bytes.
	maxLine = 4 << 10
	// maxErrors is how many errors a client may cause before the connection is closed.
	maxErrors = 25
)

// timeouts are how long the intake waits.
type timeouts struct {
	// read is for the next command or the next piece of a mail, write for the client to accept a reply.
	read, write time.Duration
	// delivery is for the delivery of a mail to all its recipients. It is less than mail servers wait for the reply, which is five
	// minutes or more.
	delivery time.Duration
	// shutdown is for mails in transit when the operator is told to stop.
	shutdown time.Duration
}

var defaultTimeouts = timeouts{
	read: 5 * time.Minute, write: time.Minute, delivery: 4 * time.Minute, shutdown: 20 * time.Second,
}

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

// timeoutConn is a connection whose reads and writes time out, and whose reads fail once stopping has ended.
type timeoutConn struct {
	net.Conn
	stopping    context.Context
	read, write time.Duration
}

// Read implements io.Reader.
func (c timeoutConn) Read(b []byte) (int, error) {
	if err := c.SetReadDeadline(time.Now().Add(c.read)); err != nil {
		return 0, err
	}
	// Checked only now: interrupt may have set its deadline before this one replaced it.
	if err := c.stopping.Err(); err != nil {
		return 0, err
	}
	return c.Conn.Read(b)
}

// Write implements io.Writer.
func (c timeoutConn) Write(b []byte) (int, error) {
	if err := c.SetWriteDeadline(time.Now().Add(c.write)); err != nil {
		return 0, err
	}
	return c.Conn.Write(b)
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
	s.writeLine("250 SIZE " + strconv.FormatInt(s.agent.limits.MessageBytes, 10))
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
			case err != nil || size > s.agent.limits.MessageBytes:
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
	return tooLarge.fill("limit", strconv.FormatInt(s.agent.limits.MessageBytes, 10))
}

func (s *session) rcpt(rest string) {
	const form = "RCPT TO:<address>"
	if !s.inTransaction {
		s.reply(mailFirst)
		return
	}
	if len(s.to) >= s.agent.limits.Recipients {
		s.reply(tooManyRecipients.fill("limit", strconv.Itoa(s.agent.limits.Recipients)))
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
