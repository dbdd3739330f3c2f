// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package intake

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-logr/logr"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/internal/emailaddr"
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

// town is a Directory and a Relay that keeps what passes on.
type town struct {
	mu sync.Mutex
	// known are the accounts, made those that the intake made.
	known map[string]bool
	made  []string
	// letters are the mails that passed on.
	letters []posted
	// trouble answers a mail instead; lookup and create are errors of the directory.
	trouble        func(to string) error
	lookup, create error
	// told are the codes that workspaces' people were told of.
	told []int
}

type posted struct {
	mail.Passed
	Whole string
}

func newTown() *town { return &town{known: map[string]bool{"ana@acme.example": true}} }

func (t *town) Workspace(_ context.Context, address string) (*Destination, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	destinations := map[string]*Destination{
		support: {Organization: "acme", Workspace: "support", Intake: support, Queue: queue},
		sales:   {Organization: "acme", Workspace: "sales", Intake: sales, Queue: "ventas@acme.example"},
		"late@in.acme.example": {
			Organization: "late", Workspace: "late", Intake: "late@in.acme.example", Queue: "q@late.example", Waiting: true,
		},
		"round@in.acme.example": {
			Organization: "acme", Workspace: "round", Intake: "round@in.acme.example", Queue: support, Circular: true,
		},
	}
	return destinations[emailaddr.Normalize(address)], t.lookup
}

func (t *town) Known(_ context.Context, _, email string) (bool, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.known[emailaddr.Normalize(email)], nil
}

func (t *town) Create(_ context.Context, organization, email string) (bool, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.create != nil {
		return false, t.create
	}
	t.known[emailaddr.Normalize(email)] = true
	t.made = append(t.made, organization+" "+email)
	return true, nil
}

func (t *town) Refused(_ context.Context, _ *Destination, code int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.told = append(t.told, code)
}

func (t *town) Pass(_ context.Context, m mail.Passed) error {
	t.mu.Lock()
	trouble := t.trouble
	t.mu.Unlock()
	if trouble != nil {
		if err := trouble(m.To); err != nil {
			return err
		}
	}
	text, err := io.ReadAll(m.Text)
	if err != nil {
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.letters = append(t.letters, posted{m, string(text)})
	return nil
}

func (t *town) Address() string { return "usher@acme.example" }

func (t *town) accounts() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return append([]string{}, t.made...)
}

func (t *town) passed() []posted {
	t.mu.Lock()
	defer t.mu.Unlock()
	return append([]posted{}, t.letters...)
}

var (
	errWaits  = &mail.DeliveryError{Code: 451}
	errRefuse = &mail.DeliveryError{Code: 550, Permanent: true}
	errTown   = errors.New("the town is asleep")
)

// listen starts a listener that ends with the test.
func listen(t *town, change ...func(*Options, *Server)) *Server {
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
	return func(o *Options, _ *Server) { o.Limits = l }
}

// speaker speaks LMTP byte by byte.
type speaker struct {
	net.Conn
	pending bytes.Buffer
}

func dial(s *Server) *speaker {
	GinkgoHelper()
	conn, err := net.Dial(s.network, s.Addr())
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(func() { _ = conn.Close() })
	return &speaker{Conn: conn}
}

// greeted is a speaker that has said hello.
func greeted(s *Server) *speaker {
	GinkgoHelper()
	c := dial(s)
	Expect(c.reply()).To(HavePrefix("220 "))
	Expect(c.ask("LHLO mx.acme.example")).To(HavePrefix("250"))
	return c
}

// reply reads one answer, of several lines if need be, and gives its last line.
func (c *speaker) reply() string {
	GinkgoHelper()
	Expect(c.SetReadDeadline(time.Now().Add(20 * time.Second))).To(Succeed())
	for {
		if line, rest, found := bytes.Cut(c.pending.Bytes(), []byte("\r\n")); found {
			answer, after := string(line), bytes.Clone(rest)
			c.pending.Reset()
			c.pending.Write(after)
			if len(answer) > 3 && answer[3] == '-' {
				continue
			}
			return answer
		}
		buffer := make([]byte, 4096)
		n, err := c.Read(buffer)
		if err != nil {
			return "closed"
		}
		c.pending.Write(buffer[:n])
	}
}

func (c *speaker) send(s string) {
	GinkgoHelper()
	_, err := io.WriteString(c, s)
	Expect(err).NotTo(HaveOccurred())
}

func (c *speaker) ask(line string) string {
	GinkgoHelper()
	c.send(line + "\r\n")
	return c.reply()
}

// deliver hands over a mail, as it goes over the wire but for the end, and gives the answers, one a recipient.
func (c *speaker) deliver(from, wire string, to ...string) []string {
	GinkgoHelper()
	Expect(c.ask("MAIL FROM:<" + from + ">")).To(Equal(senderOK.String()))
	for _, recipient := range to {
		Expect(c.ask("RCPT TO:<" + recipient + ">")).To(Equal(rcptOK.String()))
	}
	Expect(c.ask("DATA")).To(HavePrefix("354 "))
	c.send(wire + ".\r\n")
	answers := make([]string, 0, len(to))
	for range to {
		answers = append(answers, c.reply())
	}
	return answers
}

// written is a person's mail.
func written(from string, more ...string) string {
	lines := append([]string{"From: " + from, "Subject: help", "Message-ID: <1@customers.example>"}, more...)
	return strings.Join(lines, "\r\n") + "\r\n\r\nThe kiosk is dark.\r\n"
}
