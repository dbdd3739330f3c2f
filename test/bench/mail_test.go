// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"sync"
	"testing"
	"time"

	gomail "github.com/wneessen/go-mail"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/mail"
	"github.com/usher-operator/usher/internal/setup"
	"github.com/usher-operator/usher/internal/testing/builders"
	"github.com/usher-operator/usher/internal/testing/mailbox"
	"github.com/usher-operator/usher/internal/testing/suite"
	"github.com/usher-operator/usher/internal/testing/testenv"
)

const (
	invitations = 10
	recipients  = 100
	mails       = invitations * recipients
	connections = 2
	// roundTrip is the round-trip time to the second mail server.
	roundTrip = 20 * time.Millisecond
	mailWait  = 10 * time.Minute
)

// BenchmarkMail sends 1,000 mails to one mail server over two connections in three ways: with a bare loop of the mail library,
// by creating ten Invitations of 100 recipients each, accounts included, and by sending the same Invitations again. It reports
// mails per second, and the ratio of the operator's time to that of the loop, for a mail server next to it and for one that
// is 20 ms away.
func BenchmarkMail(b *testing.B) {
	b.Run("near", func(b *testing.B) { benchmarkMail(b, 0) })
	b.Run("20ms", func(b *testing.B) { benchmarkMail(b, roundTrip) })
}

func benchmarkMail(b *testing.B, away time.Duration) {
	ctx := b.Context()
	post := startPost(ctx, b, away)
	for b.Loop() {
		bare := post.timed(ctx, b, post.bare)
		made := post.timed(ctx, b, post.invite)
		post.settle(ctx, b)
		again := post.timed(ctx, b, post.again)
		b.ReportMetric(mails/bare.Seconds(), "mails/s-library")
		b.ReportMetric(mails/made.Seconds(), "mails/s-invited")
		b.ReportMetric(mails/again.Seconds(), "mails/s-resent")
		b.ReportMetric(made.Seconds()/bare.Seconds(), "invited:library")
		b.ReportMetric(again.Seconds()/bare.Seconds(), "resent:library")
	}
}

// post is a control plane with the whole operator, and a mail server.
type post struct {
	env  *testenv.Env
	box  *mailbox.Mailbox
	addr string
	made []*v1alpha1.Invitation
	runs int
}

func startPost(ctx context.Context, b *testing.B, away time.Duration) *post {
	all := suite.Start(b, nil)
	box := all.Mailbox
	distance, err := mailbox.NewDistance(box.Addr(), away)
	must(b, err)
	b.Cleanup(func() { must(b, distance.Close()) })
	p := &post{env: all.Env, box: box, addr: box.Addr()}
	if away > 0 {
		p.addr = distance.Addr()
	}

	all.StartOperator(ctx, func(o *setup.Options) {
		o.Mail.Address, o.Mail.Connections = p.addr, connections
		o.SettleDelay = time.Millisecond
	})
	return p
}

// timed measures how long it takes until another 1,000 mails have arrived.
func (p *post) timed(ctx context.Context, b *testing.B, do func(context.Context, *testing.B)) time.Duration {
	wanted, began := p.box.Count()+mails, time.Now()
	do(ctx, b)
	must(b, wait.PollUntilContextTimeout(ctx, time.Millisecond, mailWait, true, func(context.Context) (bool, error) {
		return p.box.Count() >= wanted, nil
	}))
	return time.Since(began)
}

// bare sends with the library alone: one session per connection, one mail after the other.
func (p *post) bare(ctx context.Context, b *testing.B) {
	host, portText, err := net.SplitHostPort(p.addr)
	must(b, err)
	port, err := strconv.Atoi(portText)
	must(b, err)
	numbers := make(chan int)
	var senders sync.WaitGroup
	for range connections {
		senders.Go(func() {
			c, err := gomail.NewClient(host, gomail.WithPort(port), gomail.WithTLSPolicy(gomail.NoTLS))
			check(err)
			check(c.DialWithContext(ctx))
			for n := range numbers {
				check(c.Send(message(n)))
			}
			check(c.Close())
		})
	}
	for n := range mails {
		numbers <- n
	}
	close(numbers)
	senders.Wait()
}

// message returns the mail that the operator would send.
func message(n int) *gomail.Msg {
	rendered, err := mail.Render(mail.Content{
		Kind: mail.Invitation, Language: "en", Organization: "Acme", Inviter: "ana@acme.example",
		Recipient: "Person", Role: string(v1alpha1.RoleMember), URL: "https://usher.acme.example/i/token",
		Expires: time.Now().Add(7 * 24 * time.Hour), Username: "person@acme.example",
	})
	check(err)
	m := gomail.NewMsg()
	check(m.From("usher@usher.example"))
	check(m.To(address("bare", n)))
	m.SetMessageIDWithValue(fmt.Sprintf("%d@usher.example", n))
	m.Subject(rendered.Subject)
	m.SetBodyString(gomail.TypeTextPlain, rendered.Text)
	m.AddAlternativeString(gomail.TypeTextHTML, rendered.HTML)
	return m
}

func address(organization string, n int) string {
	return fmt.Sprintf("person-%d@%s.example", n, organization)
}

// invite creates ten Invitations in a new organization.
func (p *post) invite(ctx context.Context, b *testing.B) {
	p.runs++
	namespace := p.env.Namespace(ctx, "post")
	must(b, p.env.Client.Create(ctx, builders.Organization(namespace).Obj()))
	must(b, p.env.Client.Create(ctx, builders.OrgUser(namespace, "ana").Role(v1alpha1.RoleOrganizationAdmin).Existing().Obj()))
	p.made = nil
	for i := range invitations {
		var emails []string
		for n := range recipients {
			emails = append(emails, address(namespace, i*recipients+n))
		}
		made := builders.Invitation(namespace, fmt.Sprintf("team-%d", i), emails...).Obj()
		must(b, p.env.Client.Create(ctx, made))
		p.made = append(p.made, made)
	}
}

// settle waits until every account reports that its mail is sent, so that the next measurement has the machine to itself.
func (p *post) settle(ctx context.Context, b *testing.B) {
	must(b, wait.PollUntilContextTimeout(ctx, time.Second, mailWait, true, func(ctx context.Context) (bool, error) {
		var users v1alpha1.OrgUserList
		err := p.env.Client.List(ctx, &users, client.InNamespace(p.made[0].Namespace))
		ready := 0
		for n := range users.Items {
			if meta.IsStatusConditionTrue(users.Items[n].Status.Conditions, v1alpha1.ConditionReady) {
				ready++
			}
		}
		return ready > mails, err
	}))
}

// again sends the Invitations once more.
func (p *post) again(ctx context.Context, b *testing.B) {
	for _, i := range p.made {
		patch := fmt.Appendf(nil, `{"metadata":{"annotations":{%q:"%d"}}}`, v1alpha1.AnnotationResend, p.runs)
		must(b, p.env.Client.Patch(ctx, i, client.RawPatch("application/merge-patch+json", patch)))
	}
}
