// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/emailaddr"
	"github.com/usher-operator/usher/internal/testing/builders"
	"github.com/usher-operator/usher/internal/testing/mailbox"
)

const (
	// ignore is the action of guests who do not answer.
	ignore = "ignore"
	// browsers is how many people use the portal at the same time.
	browsers = 6
	// remoteSupport is a module that the last Invitation of each organization requests, and that has too few seats.
	remoteSupport = "remote-support"
)

// guest is a person who is invited.
type guest struct {
	email string
	// does is how the guest answers the invitation: accept, decline or ignore.
	does string
	// module is true for guests who request a seat.
	module bool
}

// expectedMails returns how many different mails the guest must get.
func (g guest) expectedMails() int {
	if g.does == accept {
		return kinds
	}
	return 1
}

// party is an organization and its guests, who are invited by several Invitations or by OrgUsers of their own.
type party struct {
	org         string
	invitations [][]guest
	declared    []guest
	seats       int32
}

func newParty(ctx context.Context, size int) *party {
	p := &party{org: env.Namespace(ctx, "crowd")}
	var guests []guest
	for n := range size {
		g := guest{email: fmt.Sprintf("p%03d@%s.example", n, p.org), does: accept}
		if n%2 == 1 {
			g.does = ignore
		}
		if n%10 == 1 {
			g.does = decline
		}
		guests = append(guests, g)
	}
	direct := max(2, size/15)
	p.declared, guests = guests[:direct], guests[direct:]
	for some := range slices.Chunk(guests, min(emailaddr.MaxRecipients, (len(guests)+1)/2)) {
		p.invitations = append(p.invitations, some)
	}
	last := p.invitations[len(p.invitations)-1]
	for n := range last {
		last[n].module = true
	}
	p.seats = int32(len(last)+1) / 2
	return p
}

func (p *party) ana() string { return "ana@" + p.org + ".example" }

func (p *party) guests() []guest {
	return slices.Concat(append(slices.Clone(p.invitations), p.declared)...)
}

// objects returns the objects of the organization.
func (p *party) objects() []client.Object {
	all := []client.Object{
		builders.Organization(p.org).Module(remoteSupport, p.seats).Obj(),
		builders.OrgUser(p.org, "ana").Role(v1alpha1.RoleOrganizationAdmin).Existing().Obj(),
		builders.Workspace(p.org, "support").Obj(),
	}
	for n, some := range p.invitations {
		var emails []string
		for _, g := range some {
			emails = append(emails, g.email)
		}
		i := builders.Invitation(p.org, fmt.Sprintf("team-%d", n), strings.Join(emails, ", ")).
			Workspace("support", v1alpha1.WorkspaceEdit).InvitedBy(p.ana())
		if n == len(p.invitations)-1 {
			i = i.Modules(remoteSupport)
		}
		all = append(all, i.Obj())
	}
	for _, g := range p.declared {
		name, _, _ := strings.Cut(g.email, "@")
		all = append(all, builders.OrgUser(p.org, name).Workspace("support", v1alpha1.WorkspaceEdit).Obj())
	}
	return all
}

// crowd is the guests of two organizations, who answer their mails as they arrive.
type crowd struct {
	parties []*party
	guests  map[string]guest
	over    chan struct{} // closed when all objects exist, everybody has answered and every mail has arrived
	portal  portalVisitors

	mu    sync.Mutex
	links map[string]string // the action for each link
}

func newCrowd(ctx context.Context, size int) *crowd {
	c := &crowd{
		parties: []*party{newParty(ctx, size*3/5), newParty(ctx, size-size*3/5)},
		guests:  map[string]guest{}, over: make(chan struct{}), links: map[string]string{},
	}
	for _, p := range c.parties {
		for _, g := range p.guests() {
			c.guests[g.email] = g
		}
	}
	return c
}

// start creates the objects, with retries until the webhooks accept them, and answers mails as they arrive. Callers wait for
// over.
func (c *crowd) start(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	mails := make(chan mailbox.Message)
	tasks := []func(){func() { c.declare(ctx) }, func() {
		defer close(mails)
		c.fetch(ctx, mails)
	}}
	for range browsers {
		tasks = append(tasks, func() { c.answer(ctx, mails) })
	}
	var all sync.WaitGroup
	for _, task := range tasks {
		all.Go(func() {
			defer GinkgoRecover()
			task()
		})
	}
	go func() {
		all.Wait()
		close(c.over)
	}()
	DeferCleanup(func() {
		cancel()
		all.Wait()
	})
}

func (c *crowd) declare(ctx context.Context) {
	for _, p := range c.parties {
		for _, o := range p.objects() {
			Eventually(ctx, func() error {
				err := env.Client.Create(ctx, o)
				if apierrors.IsAlreadyExists(err) { // the API server accepted it and the answer was lost
					return nil
				}
				return err
			}).WithTimeout(crowdTimeout(len(c.guests))).Should(Succeed())
		}
	}
}

// fetch passes on the crowd's mails until all have arrived.
func (c *crowd) fetch(ctx context.Context, mails chan<- mailbox.Message) {
	left, seen, have := 0, 0, map[string]bool{}
	for _, g := range c.guests {
		left += g.expectedMails()
	}
	for left > 0 {
		m, err := box.Wait(ctx, func(m mailbox.Message) bool { return m.Number > seen })
		if err != nil {
			return // the spec has ended and says why
		}
		seen = m.Number
		if _, ok := c.guests[m.EnvelopeTo[0]]; !ok {
			continue
		}
		if what := m.EnvelopeTo[0] + kindOf(linkOf(m)); !have[what] {
			have[what] = true
			left--
		}
		select {
		case mails <- m:
		case <-ctx.Done():
			return
		}
	}
}

// answer follows links, with retries while the portal is down. If a mail arrived several times, its link is followed once:
// the copies must have the same link.
func (c *crowd) answer(ctx context.Context, mails <-chan mailbox.Message) {
	for m := range mails {
		does, link := c.guests[m.EnvelopeTo[0]].does, linkOf(m)
		if does == ignore || link == "" || !c.claim(link, does) {
			continue
		}
		Eventually(ctx, func() error { return c.portal.visit(ctx, link, does) }).
			WithTimeout(crowdTimeout(len(c.guests))).Should(Succeed())
	}
}

// claim records that a link is followed. It returns false if it already was.
func (c *crowd) claim(link, does string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.links[link] != "" {
		return false
	}
	c.links[link] = does
	return true
}
