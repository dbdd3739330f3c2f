// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package mail_test

import (
	"bufio"
	"fmt"
	"net"
	"strings"
	"sync"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// script is a mail server that answers exactly as a test says, and records what it receives.
type script struct {
	// hello are the extensions that it offers, separated by spaces.
	hello string
	// answer returns the answer to a line; "" stands for the usual one.
	answer func(line string) string

	addr string

	mu sync.Mutex
	// said has one string for what arrived at once: lines, separated by " | "; a text is "text" with its size.
	said []string
}

func startScript(s *script) *script {
	GinkgoHelper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	Expect(err).NotTo(HaveOccurred())
	s.addr = listener.Addr().String()
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			serving.Go(func() { s.serve(conn) })
		}
	})
	DeferCleanup(func() {
		Expect(listener.Close()).To(Succeed())
		serving.Wait()
	})
	return s
}

func (s *script) serve(conn net.Conn) {
	defer func() { _ = conn.Close() }() // the client may have ended it
	in := bufio.NewReader(conn)
	_, _ = fmt.Fprint(conn, "220 script\r\n")
	first, text := true, false
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		line = strings.TrimRight(line, "\r\n")
		if text && line != "." {
			continue
		}
		s.note(line, first)
		// Lines that have arrived together were sent together.
		first = in.Buffered() == 0
		answer := s.reply(line, text)
		text = strings.HasPrefix(answer, "354")
		if _, err := fmt.Fprint(conn, answer+"\r\n"); err != nil || strings.HasPrefix(answer, "221") {
			return
		}
	}
}

func (s *script) note(line string, first bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if first || len(s.said) == 0 {
		s.said = append(s.said, line)
		return
	}
	s.said[len(s.said)-1] += " | " + line
}

func (s *script) reply(line string, text bool) string {
	s.mu.Lock()
	special := s.answer
	s.mu.Unlock()
	if special != nil {
		if answer := special(line); answer != "" {
			return answer
		}
	}
	switch {
	case text:
		return "250 kept"
	case strings.HasPrefix(line, "EHLO"):
		return "250-script\r\n250-" + strings.ReplaceAll(s.hello, " ", "\r\n250-") + "\r\n250 HELP"
	case line == "DATA":
		return "354 go on"
	case line == "QUIT":
		return "221 bye"
	default:
		return "250 ok"
	}
}

// mails returns the lines about mails, in groups that arrived at once.
func (s *script) mails() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var mails []string
	for _, said := range s.said {
		if !strings.HasPrefix(said, "EHLO") && said != "QUIT" {
			mails = append(mails, said)
		}
	}
	return mails
}
