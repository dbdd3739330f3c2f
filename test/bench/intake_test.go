// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/setup"
	"github.com/usher-operator/usher/internal/testing/builders"
	"github.com/usher-operator/usher/internal/testing/suite"
)

const (
	questions = 1000
	askers    = 300
	// lines is the number of connections that the mail server in front opens at the same time.
	lines = 8
)

// BenchmarkIntake delivers 1,000 mails from 300 people to a workspace: through a relay that does nothing else, through the
// intake for the first time, when it creates 300 accounts, and through the intake again, when they exist. The mail server
// behind is the same, with the same number of connections. It reports mails per second, and the ratio of the intake's time to
// that of the relay, and to that of the relay plus a bare client that creates 300 accounts. It fails if a mail is lost or
// duplicated, or if there are not exactly 300 accounts.
func BenchmarkIntake(b *testing.B) {
	ctx := b.Context()
	all := suite.Start(b, nil)
	usher := all.StartOperator(ctx, func(o *setup.Options) {
		o.SettleDelay, o.Mail.Connections = time.Millisecond, connections
	})
	plain := startRelay(b, all.Mailbox.Addr())
	for b.Loop() {
		i := newInbound(ctx, b, all, usher.IntakeAddr)
		relayed := i.timed(b, plain, "plain")
		created := i.create(ctx)
		first := i.timed(b, usher.IntakeAddr, "first")
		i.count(ctx, b)
		second := i.timed(b, usher.IntakeAddr, "second")
		i.count(ctx, b)
		b.ReportMetric(questions/relayed.Seconds(), "mails/s-relay")
		b.ReportMetric(questions/first.Seconds(), "mails/s-unknown")
		b.ReportMetric(questions/second.Seconds(), "mails/s-known")
		b.ReportMetric(first.Seconds()/relayed.Seconds(), "unknown:relay")
		b.ReportMetric(second.Seconds()/relayed.Seconds(), "known:relay")
		b.ReportMetric(first.Seconds()/(relayed+created).Seconds(), "unknown:relay+create")
	}
}

// inbound is a workspace that accepts mails, and the mailbox behind it.
type inbound struct {
	all                 *suite.Suite
	org, address, queue string
}

func newInbound(ctx context.Context, b *testing.B, all *suite.Suite, intake string) *inbound {
	i := &inbound{all: all, org: all.Env.Namespace(ctx, "inbound")}
	i.address, i.queue = "support@in."+i.org+".example", "cola@"+i.org+".example"
	must(b, all.Env.Client.Create(ctx, builders.Organization(i.org).Obj()))
	must(b, all.Env.Client.Create(ctx, builders.OrgUser(i.org, "ana").Role(v1alpha1.RoleOrganizationAdmin).Existing().Obj()))
	must(b, all.Env.Client.Create(ctx, builders.Workspace(i.org, "support").With(func(w *v1alpha1.Workspace) {
		w.Spec.Portal = &v1alpha1.CustomerPortal{
			Title: "Help", QueueEmail: v1alpha1.EmailAddress(i.queue), IntakeEmail: v1alpha1.EmailAddress(i.address),
		}
	}).Obj()))
	must(b, wait.PollUntilContextTimeout(ctx, 10*time.Millisecond, time.Minute, true, func(context.Context) (bool, error) {
		c := lmtp(intake)
		defer c.Close() //nolint:errcheck // nothing was sent
		check(c.Mail("", nil))
		return c.Rcpt(i.address, nil) == nil, nil
	}))
	return i
}

// timed measures how long all mails take, and checks that each of them arrived once.
func (i *inbound) timed(b *testing.B, server, run string) time.Duration {
	began := time.Now()
	numbers := make(chan int)
	var clients sync.WaitGroup
	for range lines {
		clients.Go(func() {
			c := lmtp(server)
			for n := range numbers {
				i.bring(c, run, n)
			}
			check(c.Quit())
		})
	}
	for n := range questions {
		numbers <- n
	}
	close(numbers)
	clients.Wait()
	took := time.Since(began)
	messages, err := i.all.Mailbox.Messages()
	must(b, err)
	arrived := map[string]int{}
	for _, m := range messages {
		if m.SentTo(i.queue) && strings.HasPrefix(m.MessageID, "<"+run+".") {
			arrived[m.MessageID]++
		}
	}
	for id, n := range arrived {
		if n != 1 {
			b.Fatalf("%s arrived %d times", id, n)
		}
	}
	if len(arrived) != questions {
		b.Fatalf("%d of %d mails arrived", len(arrived), questions)
	}
	return took
}

func (i *inbound) bring(c *smtp.Client, run string, n int) {
	from := fmt.Sprintf("asker-%d@customers.example", n%askers)
	check(c.Mail(from, nil))
	check(c.Rcpt(i.address, nil))
	w, err := c.Data()
	check(err)
	_, err = fmt.Fprintf(w, "From: %s\r\nTo: %s\r\nMessage-ID: <%s.%d@customers.example>\r\nSubject: help\r\n\r\n%s",
		from, i.address, run, n, strings.Repeat("The kiosk is dark.\r\n", 100))
	check(err)
	_, err = w.CloseWithLMTPResponse()
	check(err)
}

// create measures a bare client that creates the same number of accounts in an organization of their own, as many at a time
// as there are connections. The operator puts them in force as it does those of the intake.
func (i *inbound) create(ctx context.Context) time.Duration {
	other := i.all.Env.Namespace(ctx, "bare")
	check(i.all.Env.Client.Create(ctx, builders.Organization(other).Obj()))
	check(i.all.Env.Client.Create(ctx, builders.OrgUser(other, "ana").Role(v1alpha1.RoleOrganizationAdmin).Existing().Obj()))
	past := i.all.Env.As("system:kube-controller-manager", "system:masters") // may set Usher's labels
	began := time.Now()
	numbers := make(chan int)
	var clients sync.WaitGroup
	for range lines {
		clients.Go(func() {
			for n := range numbers {
				email := fmt.Sprintf("asker-%d@customers.example", n)
				check(past.Create(ctx, effective.LimitedAccount(other, email, v1alpha1.OriginDevice)))
			}
		})
	}
	for n := range askers {
		numbers <- n
	}
	close(numbers)
	clients.Wait()
	return time.Since(began)
}

func (i *inbound) count(ctx context.Context, b *testing.B) {
	var users v1alpha1.OrgUserList
	must(b, i.all.Env.Client.List(ctx, &users, client.InNamespace(i.org),
		client.MatchingLabels{v1alpha1.LabelOrigin: v1alpha1.OriginIntake}))
	if len(users.Items) != askers {
		b.Fatalf("%d accounts for %d people", len(users.Items), askers)
	}
}

func lmtp(address string) *smtp.Client {
	conn, err := net.Dial("tcp", address)
	check(err)
	c := smtp.NewClientLMTP(conn)
	check(c.Hello("mx.acme.example"))
	return c
}

// relay forwards mails to the queue of their address over a few connections, and does nothing else.
type relay struct{ idle chan *smtp.Client }

func startRelay(b *testing.B, to string) string {
	r := &relay{idle: make(chan *smtp.Client, connections)}
	for range connections {
		c, err := smtp.Dial(to)
		must(b, err)
		r.idle <- c
	}
	server := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &relaying{relay: r}, nil }))
	server.LMTP, server.Domain = true, "localhost"
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(b, err)
	go func() { _ = server.Serve(listener) }() // until it is closed
	b.Cleanup(func() { must(b, server.Close()) })
	return listener.Addr().String()
}

type relaying struct {
	relay *relay
	to    string
}

// Reset implements smtp.Session.
func (*relaying) Reset() {}

// Logout implements smtp.Session.
func (*relaying) Logout() error { return nil }

// Mail implements smtp.Session.
func (*relaying) Mail(string, *smtp.MailOptions) error { return nil }

// Rcpt implements smtp.Session.
func (r *relaying) Rcpt(to string, _ *smtp.RcptOptions) error {
	r.to = "cola@" + strings.TrimPrefix(to, "support@in.")
	return nil
}

// Data forwards the mail.
func (r *relaying) Data(text io.Reader) error {
	c := <-r.relay.idle
	defer func() { r.relay.idle <- c }()
	if err := c.Mail("usher@usher.example", nil); err != nil {
		return err
	}
	if err := c.Rcpt(r.to, nil); err != nil {
		return err
	}
	w, err := c.Data()
	if err != nil {
		return err
	}
	if _, err := io.Copy(w, text); err != nil {
		return err
	}
	return w.Close()
}
