// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package intake

import (
	"bytes"
	"context"
	"errors"
	"io"
	"maps"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-logr/logr"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/internal/emailaddr"
	"github.com/usher-operator/usher/internal/live"
	"github.com/usher-operator/usher/internal/mail"
	"github.com/usher-operator/usher/internal/testing/timing"
)

func TestIntake(t *testing.T) {
	RegisterFailHandler(Fail)
	timing.SetDefaults()
	RunSpecs(t, "Intake")
}

const (
	support = "support@in.acme.example"
	sales   = "sales@in.acme.example"
	queue   = "cola@acme.example"
)

// fakeBackend is a Directory, and a Relay that keeps the mails that it passes on.
type fakeBackend struct {
	mu sync.Mutex
	// known are the addresses with an account. created are the accounts that the intake has created.
	known map[string]bool
	// proven are the addresses that somebody vouches for.
	proven  map[string]bool
	created []string
	// relayed are the mails that were passed on.
	relayed []relayedMail
	// refusal returns the error of the relay. lookup and create are errors of the directory.
	refusal        func(to string) error
	lookup, create error
	// reported are the codes of the refusals that were reported.
	reported []int
}

type relayedMail struct {
	mail.Passed
	Whole string
}

func newFakeBackend() *fakeBackend {
	ana := map[string]bool{"ana@acme.example": true}
	return &fakeBackend{known: maps.Clone(ana), proven: ana}
}

func (t *fakeBackend) Workspace(_ context.Context, address string) (*Destination, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	destinations := map[string]*Destination{
		support: {Organization: "acme", Workspace: "support", Intake: support, Queue: queue},
		sales:   {Organization: "acme", Workspace: "sales", Intake: sales, Queue: "ventas@acme.example"},
		"late@in.acme.example": {
			Organization: "late", Workspace: "late", Intake: "late@in.acme.example", Queue: "q@late.example", NotReady: true,
		},
		"new@in.acme.example": {Organization: "acme", Workspace: "new", Intake: "new@in.acme.example", Unconfirmed: true},
		"round@in.acme.example": {
			Organization: "acme", Workspace: "round", Intake: "round@in.acme.example", Queue: support, Circular: true,
		},
	}
	return destinations[emailaddr.Normalize(address)], t.lookup
}

func (t *fakeBackend) Known(_ context.Context, _, email string) (bool, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.known[emailaddr.Normalize(email)], nil
}

func (t *fakeBackend) Proven(_ context.Context, _, email string) (bool, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.proven[emailaddr.Normalize(email)], nil
}

func (t *fakeBackend) Create(_ context.Context, organization, email string) (bool, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.create != nil {
		return false, t.create
	}
	t.known[emailaddr.Normalize(email)] = true
	t.created = append(t.created, organization+" "+email)
	return true, nil
}

func (t *fakeBackend) ReportRefusal(_ context.Context, _ *Destination, code int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.reported = append(t.reported, code)
}

func (t *fakeBackend) Pass(_ context.Context, m mail.Passed) error {
	t.mu.Lock()
	refusal := t.refusal
	t.mu.Unlock()
	if refusal != nil {
		if err := refusal(m.To); err != nil {
			return err
		}
	}
	text, err := io.ReadAll(m.Text)
	if err != nil {
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.relayed = append(t.relayed, relayedMail{m, string(text)})
	return nil
}

func (t *fakeBackend) Address() string { return "usher@acme.example" }

func (t *fakeBackend) accounts() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return append([]string{}, t.created...)
}

func (t *fakeBackend) passed() []relayedMail {
	t.mu.Lock()
	defer t.mu.Unlock()
	return append([]relayedMail{}, t.relayed...)
}

var (
	errTemporary = &mail.DeliveryError{Code: 451}
	errPermanent = &mail.DeliveryError{Code: 550, Permanent: true}
	errBackend   = errors.New("the API server is down")
)

// listen starts a server that stops at the end of the spec.
func listen(t *fakeBackend, change ...func(*Options, *Server)) *Server {
	GinkgoHelper()
	o := Options{Address: "127.0.0.1:0", Hostname: "usher.acme.example", Log: logr.Discard()}
	for _, c := range change {
		c(&o, nil)
	}
	server, err := NewServer(t, t, o)
	Expect(err).NotTo(HaveOccurred())
	for _, c := range change {
		c(&Options{}, server)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- server.Start(ctx) }()
	DeferCleanup(func() {
		cancel()
		Eventually(done).Should(Receive(BeNil()))
	})
	Eventually(server.Addr).ShouldNot(BeEmpty())
	return server
}

func limitedTo(l Limits) func(*Options, *Server) {
	return func(o *Options, _ *Server) { o.Limits = live.Of(l) }
}

// lmtpClient speaks LMTP byte by byte.
type lmtpClient struct {
	net.Conn
	pending bytes.Buffer
}

func dial(s *Server) *lmtpClient {
	GinkgoHelper()
	conn, err := net.Dial(s.network, s.Addr())
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(func() { _ = conn.Close() })
	return &lmtpClient{Conn: conn}
}

// connect returns a client that has sent LHLO.
func connect(s *Server) *lmtpClient {
	GinkgoHelper()
	c := dial(s)
	Expect(c.reply()).To(HavePrefix("220 "))
	Expect(c.command("LHLO mx.acme.example")).To(HavePrefix("250"))
	return c
}

// reply reads a reply, which may have several lines, and returns its last line.
func (c *lmtpClient) reply() string {
	GinkgoHelper()
	Expect(c.SetReadDeadline(time.Now().Add(20 * time.Second))).To(Succeed())
	for {
		if line, rest, found := bytes.Cut(c.pending.Bytes(), []byte("\r\n")); found {
			last, after := string(line), bytes.Clone(rest)
			c.pending.Reset()
			c.pending.Write(after)
			if len(last) > 3 && last[3] == '-' {
				continue
			}
			return last
		}
		buffer := make([]byte, 4096)
		n, err := c.Read(buffer)
		if err != nil {
			return "closed"
		}
		c.pending.Write(buffer[:n])
	}
}

func (c *lmtpClient) send(s string) {
	GinkgoHelper()
	_, err := io.WriteString(c, s)
	Expect(err).NotTo(HaveOccurred())
}

// command sends a command and returns the reply.
func (c *lmtpClient) command(line string) string {
	GinkgoHelper()
	c.send(line + "\r\n")
	return c.reply()
}

// deliver sends a mail in wire format, without its end, and returns the replies, one per recipient.
func (c *lmtpClient) deliver(from, wire string, to ...string) []string {
	GinkgoHelper()
	Expect(c.command("MAIL FROM:<" + from + ">")).To(Equal(senderOK.String()))
	for _, recipient := range to {
		Expect(c.command("RCPT TO:<" + recipient + ">")).To(Equal(recipientOK.String()))
	}
	Expect(c.command("DATA")).To(HavePrefix("354 "))
	c.send(wire + ".\r\n")
	replies := make([]string, 0, len(to))
	for range to {
		replies = append(replies, c.reply())
	}
	return replies
}

// mailFrom returns a mail that a person wrote.
func mailFrom(from string, more ...string) string {
	lines := append([]string{"From: " + from, "Subject: help", "Message-ID: <1@customers.example>"}, more...)
	return strings.Join(lines, "\r\n") + "\r\n\r\nThe kiosk is dark.\r\n"
}
