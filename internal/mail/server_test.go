// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package mail_test

import (
	"io"
	"net"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/internal/testing/certificate"
)

const password = "correct horse battery staple"

// server is a mail server with the faults that a test gives it.
type server struct {
	*smtp.Server
	// onData answers the end of a mail; nil accepts it.
	onData func() error

	addr string
	// sessions counts all connections so far, open those that are still open.
	sessions, open atomic.Int32

	mu    sync.Mutex
	mails []string
	conns []*smtp.Conn
}

// startServer starts a server with the changes of configure. It stops at the end of the test.
func startServer(configure func(*server)) *server {
	GinkgoHelper()
	s := &server{}
	s.Server = smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) {
		s.sessions.Add(1)
		s.open.Add(1)
		s.mu.Lock()
		defer s.mu.Unlock()
		s.conns = append(s.conns, c)
		return &session{server: s}, nil
	}))
	s.Domain = "localhost"
	if configure != nil {
		configure(s)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	Expect(err).NotTo(HaveOccurred())
	s.addr = listener.Addr().String()
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = s.Serve(listener)
	}()
	DeferCleanup(func() {
		_ = s.Close()
		_ = listener.Close() // Serve may not have begun, and does not see Close then
		<-done
	})
	return s
}

// hangUp drops all connections, as a restarted server does.
func (s *server) hangUp() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.conns {
		_ = c.Conn().Close()
	}
	s.conns = nil
}

func (s *server) received() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.mails...)
}

type session struct {
	server   *server
	signedIn bool
}

func (s *session) AuthMechanisms() []string { return []string{sasl.Plain} }

func (s *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, username, given string) error {
		if username != "usher" || given != password {
			return smtp.ErrAuthFailed
		}
		s.signedIn = true
		return nil
	}), nil
}

func (s *session) Mail(string, *smtp.MailOptions) error {
	if s.server.TLSConfig != nil && !s.signedIn {
		return smtp.ErrAuthRequired
	}
	return nil
}

func (s *session) Rcpt(string, *smtp.RcptOptions) error { return nil }
func (s *session) Reset()                               {}

func (s *session) Logout() error {
	s.server.open.Add(-1)
	return nil
}

func (s *session) Data(r io.Reader) error {
	mail, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if s.server.onData != nil {
		if err := s.server.onData(); err != nil {
			return err
		}
	}
	s.server.mu.Lock()
	defer s.server.mu.Unlock()
	s.server.mails = append(s.server.mails, string(mail))
	return nil
}

// protection creates a certificate for 127.0.0.1.
func protection() *certificate.Certificate {
	GinkgoHelper()
	c, err := certificate.Loopback(GinkgoT().TempDir())
	Expect(err).NotTo(HaveOccurred())
	return c
}

func write(name, text string) string {
	GinkgoHelper()
	file := filepath.Join(GinkgoT().TempDir(), name)
	Expect(os.WriteFile(file, []byte(text), 0o600)).To(Succeed())
	return file
}
