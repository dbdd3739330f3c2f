// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/testing/builders"
	"github.com/usher-operator/usher/internal/testing/mailbox"
	"github.com/usher-operator/usher/internal/testing/operator"
	"github.com/usher-operator/usher/internal/testing/suite"
	"github.com/usher-operator/usher/internal/testing/testenv"
)

const (
	// invitedNear and invitedFar are how many people are invited, each by an Invitation of their own, with a mail server next to the
	// operator and with one that is roundTrip away.
	invitedNear, invitedFar = 5000, 1000
	// listed is how many people one Invitation names at most, and known how many more its status holds who were removed.
	listed, known = 100, 400
	// connections is the default number of connections to the mail server, and many what somebody configures whose server is far away.
	connections, many = 2, 8
	// roundTrip is the round-trip time to the second mail server.
	roundTrip = 20 * time.Millisecond
	mailWait  = 10 * time.Minute
)

// BenchmarkMail invites people, each by an Invitation of their own, and sends some of these Invitations again, with a mail server next to
// the operator and one that is 20 ms away. Beside it, a bare client makes the least writes that a mail takes, and sends the same mails with
// the mail library, over as many connections. Then it invites as many people as one Invitation names, beside one that has named five times
// as many over time: what the results of 100 mails cost must not depend on the other 400.
//
// It reports mails per second, the ratio of the operator's time to that of the bare client, and the operator's writes per mail.
func BenchmarkMail(b *testing.B) {
	people := sizeOr(b, invitedNear)
	b.Run("near", func(b *testing.B) { benchmarkMail(b, 0, connections, people) })
	b.Run("20ms", func(b *testing.B) { benchmarkMail(b, roundTrip, many, min(people, invitedFar)) })
	b.Run("list", benchmarkList)
}

func benchmarkMail(b *testing.B, away time.Duration, lines, people int) {
	ctx := b.Context()
	for b.Loop() {
		p := startPost(ctx, b, away, lines)
		again := min(people, invitedFar)
		bare := p.bare(ctx, b, people, again)
		p.start(ctx, b)
		invited := p.timed(ctx, b, people, func() { p.invite(ctx, people) })
		writes := p.writes()
		p.meter.settled(ctx)
		resent := p.timed(ctx, b, again, func() { p.again(ctx, again) })
		b.ReportMetric(float64(people)/invited.Seconds(), "mails/s-invited")
		b.ReportMetric(float64(people)/bare.invited.Seconds(), "mails/s-invited-bare")
		b.ReportMetric(invited.Seconds()/bare.invited.Seconds(), "invited:bare")
		b.ReportMetric(float64(again)/resent.Seconds(), "mails/s-resent")
		b.ReportMetric(resent.Seconds()/bare.resent.Seconds(), "resent:bare")
		b.ReportMetric(float64(writes)/float64(people), "writes/mail")
		p.stop(b)
	}
}

// benchmarkList measures Invitations that have named people before beside others that have not.
func benchmarkList(b *testing.B) {
	ctx := b.Context()
	for b.Loop() {
		p := startPost(ctx, b, 0, connections)
		p.start(ctx, b)
		p.timed(ctx, b, listed, func() { p.inviteList(ctx, 0) }) // batches grow from one mail on
		p.meter.settled(ctx)
		short := p.timed(ctx, b, listed, func() { p.inviteList(ctx, 0) })
		p.meter.settled(ctx)
		long := p.timed(ctx, b, listed, func() { p.inviteList(ctx, known) })
		b.ReportMetric(long.Seconds()/short.Seconds(), "500:100")
		b.ReportMetric(float64(p.meter.count("patch invitations/status")), "status-writes")
		p.meter.settled(ctx)
		p.stop(b)
	}
}

// post is a control plane with a mail server, and the operator once it is started.
type post struct {
	all   *suite.Suite
	env   *testenv.Env
	past  client.Client
	box   *mailbox.Mailbox
	addr  string
	lines int
	meter *meter
	usher *operator.Operator
	// namespace is the organization's, and lists counts its Invitations of many people.
	namespace string
	lists     int
}

func startPost(ctx context.Context, b *testing.B, away time.Duration, lines int) *post {
	all := suite.Start(b, nil)
	p := &post{
		all: all, env: all.Env, box: all.Mailbox, addr: all.Mailbox.Addr(), lines: lines, meter: &meter{counts: map[string]int{}},
		past: all.Env.As("system:kube-controller-manager", "system:masters"), namespace: all.Env.Namespace(ctx, "post"),
	}
	if away > 0 {
		distance, err := mailbox.NewDistance(p.addr, away)
		must(b, err)
		b.Cleanup(func() { must(b, distance.Close()) })
		p.addr = distance.Addr()
	}
	return p
}

// start starts the operator in an organization with an administrator.
func (p *post) start(ctx context.Context, b *testing.B) {
	options, err := operator.Options(p.env, p.box)
	must(b, err)
	options.Mail.Address, options.Mail.Connections, options.SettleDelay = p.addr, p.lines, time.Millisecond
	cfg := p.env.OperatorConfig()
	cfg.Wrap(p.meter.wrap)
	p.usher, err = operator.StartWith(ctx, cfg, options)
	must(b, err)
	must(b, p.env.Client.Create(ctx, builders.Organization(p.namespace).Obj()))
	must(b, p.env.Client.Create(ctx, builders.OrgUser(p.namespace, "ana").Role(v1alpha1.RoleOrganizationAdmin).Existing().Obj()))
	p.meter.settled(ctx)
}

func (p *post) stop(b *testing.B) { must(b, p.usher.Stop()) }

// timed measures how long it takes until so many more mails have arrived, and their Invitations say so.
func (p *post) timed(ctx context.Context, b *testing.B, mails int, do func()) time.Duration {
	wanted, began := p.box.Count()+mails, p.meter.begin()
	do()
	must(b, wait.PollUntilContextTimeout(ctx, 10*time.Millisecond, mailWait, true, func(context.Context) (bool, error) {
		return p.box.Count() >= wanted, nil
	}))
	p.recorded(ctx, b)
	return p.meter.lastOf("patch invitations/status").Sub(began)
}

// recorded waits until no Invitation has a mail to send.
func (p *post) recorded(ctx context.Context, b *testing.B) {
	must(b, wait.PollUntilContextTimeout(ctx, 100*time.Millisecond, mailWait, true, func(ctx context.Context) (bool, error) {
		var list v1alpha1.InvitationList
		if err := p.env.Client.List(ctx, &list, client.InNamespace(p.namespace)); err != nil {
			return false, err
		}
		for n := range list.Items {
			for _, r := range list.Items[n].Status.Recipients {
				if r.Mail != nil && r.Mail.State != v1alpha1.MailSent {
					return false, nil
				}
			}
		}
		return true, nil
	}))
}

// writes returns how many writes the operator has made.
func (p *post) writes() int {
	_, total := p.meter.written()
	return total
}

func address(organization string, n int) string {
	return fmt.Sprintf("person-%d@%s.example", n, organization)
}

func (p *post) invitation(n int) builders.InvitationBuilder {
	return builders.Invitation(p.namespace, fmt.Sprintf("person-%d", n), address(p.namespace, n))
}

// invite creates an Invitation for each person.
func (p *post) invite(ctx context.Context, people int) {
	parallel(people, func(n int) { check(p.env.Client.Create(ctx, p.invitation(n).Obj())) })
}

// again sends Invitations once more.
func (p *post) again(ctx context.Context, people int) {
	parallel(people, func(n int) { check(p.env.Client.Patch(ctx, p.invitation(n).Obj(), resend())) })
}

func resend() client.Patch {
	return client.RawPatch("application/merge-patch+json",
		fmt.Appendf(nil, `{"metadata":{"annotations":{%q:"1"}}}`, v1alpha1.AnnotationResend))
}

// inviteList creates an Invitation of as many people as one may name, whose status has that number of others who were removed.
func (p *post) inviteList(ctx context.Context, removed int) {
	p.lists++
	name := fmt.Sprintf("list-%d", p.lists)
	emails := make([]string, listed)
	for n := range emails {
		emails[n] = address(name+"."+p.namespace, n)
	}
	i := builders.Invitation(p.namespace, name, emails...).Obj()
	if removed == 0 {
		check(p.env.Client.Create(ctx, i))
		return
	}
	p.pause(ctx, true)
	check(p.env.Client.Create(ctx, i))
	before := i.DeepCopy()
	for n := range removed {
		i.Status.Recipients = append(i.Status.Recipients, v1alpha1.RecipientStatus{
			Email: v1alpha1.EmailAddress(address("former."+p.namespace, n)), User: fmt.Sprintf("former-%d", n),
			OnboardingStatus: v1alpha1.OnboardingStatus{
				State: v1alpha1.RecipientRevoked, RevocationReason: v1alpha1.RevokedAddressRemoved, SendCount: 1,
				Mail: &v1alpha1.MailStatus{
					Kind: v1alpha1.MailInvitation, State: v1alpha1.MailSent, MessageID: "<" + strings.Repeat("0", 32) + "@usher.example>",
				},
			},
		})
	}
	check(p.past.Status().Patch(ctx, i, client.MergeFrom(before)))
	p.pause(ctx, false)
	p.meter.begin()
}

// parallel does something for each number, as many at a time as the operator has workers for Invitations, their users and their mails.
func parallel(count int, do func(n int)) {
	const workers = 20
	numbers := make(chan int)
	var all sync.WaitGroup
	for range workers {
		all.Go(func() {
			for n := range numbers {
				do(n)
			}
		})
	}
	for n := range count {
		numbers <- n
	}
	close(numbers)
	all.Wait()
}

// pause pauses the organization, or ends its pause.
func (p *post) pause(ctx context.Context, paused bool) {
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: p.namespace}}
	patch := fmt.Appendf(nil, `{"metadata":{"annotations":{%q:"%t"}}}`, v1alpha1.AnnotationPaused, paused)
	check(p.env.Client.Patch(ctx, namespace, client.RawPatch("application/merge-patch+json", patch)))
}
