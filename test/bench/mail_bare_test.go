// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"testing"
	"time"

	gomail "github.com/wneessen/go-mail"
	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/mail"
	"github.com/usher-operator/usher/internal/status"
)

// bareMail is how long a bare client takes.
type bareMail struct{ invited, resent time.Duration }

// bare invites people as the operator does, and sends some of the Invitations again: it makes the writes that docs/performance.md argues,
// each mail after the write that says that it is due and before the one that says that it was sent, and sends with the mail library. It
// removes what it made, so that the operator finds nothing.
func (p *post) bare(ctx context.Context, b *testing.B, people, again int) bareMail {
	lines := p.dial(ctx, b)
	made := make([]*v1alpha1.Invitation, people)
	began := time.Now()
	parallel(people, func(n int) {
		i := p.invitation(n).Obj()
		check(p.past.Create(ctx, i))
		user := effective.InvitedUser(i, i.Spec.Emails[0])
		check(p.past.Create(ctx, user))
		p.stand(ctx, user, func() { status.Progressing(user, v1alpha1.ReasonAwaitingMail, "the invitation is about to be sent") })
		p.deliver(ctx, i, lines, n)
		p.stand(ctx, user, func() {
			status.Ready(user, v1alpha1.ReasonAwaitingAcceptance, "invited; waiting for the person to accept")
		})
		made[n] = i
	})
	took := bareMail{invited: time.Since(began)}
	began = time.Now()
	parallel(again, func(n int) {
		check(p.past.Patch(ctx, made[n], resend()))
		p.deliver(ctx, made[n], lines, n)
	})
	took.resent = time.Since(began)
	for range p.lines {
		check((<-lines).Close())
	}
	for _, o := range []client.Object{&v1alpha1.Invitation{}, &v1alpha1.OrgUser{}} {
		must(b, p.past.DeleteAllOf(ctx, o, client.InNamespace(p.namespace)))
	}
	return took
}

// dial opens the connections to the mail server.
func (p *post) dial(ctx context.Context, b *testing.B) chan *gomail.Client {
	host, portText, err := net.SplitHostPort(p.addr)
	must(b, err)
	port, err := strconv.Atoi(portText)
	must(b, err)
	lines := make(chan *gomail.Client, p.lines)
	for range p.lines {
		c, err := gomail.NewClient(host, gomail.WithPort(port), gomail.WithTLSPolicy(gomail.NoTLS))
		must(b, err)
		must(b, c.DialWithContext(ctx))
		lines <- c
	}
	return lines
}

// stand writes how a person who is invited stands.
func (p *post) stand(ctx context.Context, user *v1alpha1.OrgUser, change func()) {
	before := user.DeepCopy()
	user.Status.State, user.Status.Email, user.Status.Username = v1alpha1.UserPending, string(user.Spec.Email), string(user.Spec.Email)
	change()
	check(p.past.Status().Patch(ctx, user, client.MergeFrom(before)))
}

// deliver writes that a mail is due, sends it, writes that it was sent, and creates the event that says so.
func (p *post) deliver(ctx context.Context, i *v1alpha1.Invitation, lines chan *gomail.Client, n int) {
	p.write(ctx, i, v1alpha1.MailQueued)
	c := <-lines
	check(c.Send(message(i.Spec.Emails[0], n)))
	lines <- c
	p.write(ctx, i, v1alpha1.MailSent)
	check(p.past.Create(ctx, &eventsv1.Event{
		ObjectMeta: metav1.ObjectMeta{Namespace: i.Namespace, GenerateName: i.Name + "-"},
		EventTime:  metav1.NowMicro(), Type: corev1.EventTypeNormal, Reason: v1alpha1.ReasonReady, Action: "Reconcile",
		ReportingController: "bench", ReportingInstance: "bench", Note: "0 of 1 have accepted; Invited: " + i.Spec.Emails[0],
		Regarding: corev1.ObjectReference{Kind: "Invitation", Namespace: i.Namespace, Name: i.Name},
	}))
}

func (p *post) write(ctx context.Context, i *v1alpha1.Invitation, state v1alpha1.MailState) {
	before := i.DeepCopy()
	one := int32(1)
	i.Status.Summary = v1alpha1.InvitationSummary{Total: &one, Pending: &one, Active: new(int32), Failed: new(int32)}
	i.Status.Recipients = []v1alpha1.RecipientStatus{{
		Email: v1alpha1.EmailAddress(i.Spec.Emails[0]), User: i.Name, UserUID: string(i.UID),
		OnboardingStatus: v1alpha1.OnboardingStatus{
			State: v1alpha1.RecipientInvited, SendCount: 1, ExpirationTime: &metav1.Time{Time: time.Now().Add(7 * 24 * time.Hour)},
			Mail: &v1alpha1.MailStatus{Kind: v1alpha1.MailInvitation, State: state, MessageID: "<0123456789abcdef@usher.example>"},
		},
	}}
	if state == v1alpha1.MailQueued {
		status.Progressing(i, v1alpha1.ReasonAwaitingMail, "1 mail is waiting to be sent")
	} else {
		status.Ready(i, v1alpha1.ReasonReady, "0 of 1 have accepted; Invited: "+i.Spec.Emails[0])
	}
	check(p.past.Status().Patch(ctx, i, client.MergeFrom(before)))
}

// message returns the mail that the operator would send.
func message(to string, n int) *gomail.Msg {
	rendered, err := mail.Render(mail.Content{
		Kind: mail.Invitation, Language: "en", Organization: "Acme", Inviter: "ana@acme.example",
		Recipient: "Person", Role: string(v1alpha1.RoleMember), URL: "https://usher.acme.example/i/token",
		Expires: time.Now().Add(7 * 24 * time.Hour), Username: "person@acme.example",
	})
	check(err)
	m := gomail.NewMsg()
	check(m.From("usher@usher.example"))
	check(m.To(to))
	m.SetMessageIDWithValue(fmt.Sprintf("%d@usher.example", n))
	m.Subject(rendered.Subject)
	m.SetBodyString(gomail.TypeTextPlain, rendered.Text)
	m.AddAlternativeString(gomail.TypeTextHTML, rendered.HTML)
	return m
}
