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
	"github.com/usher-operator/usher/internal/testing/builders"
	"github.com/usher-operator/usher/internal/testing/mailbox"
)

// invited is how many people the story's Invitation names.
const invited = 20

// story is two organizations and the people who are invited to them: by an Invitation, by an OrgUser of their own, or as the
// primary administrator of an organization without users.
type story struct {
	org, other string
	team       []string // addresses of the Invitation
	people     []string // addresses of everybody who is invited

	over chan struct{} // closed when all objects exist and everybody has answered

	// Until the story is over, only answer may use these fields.
	links  map[string]bool // completed
	portal portalVisitors
}

func newStory(ctx context.Context) *story {
	s := &story{
		org: env.Namespace(ctx, "chaos"), other: env.Namespace(ctx, "chaos-other"),
		over: make(chan struct{}), links: map[string]bool{},
	}
	for n := range invited {
		s.team = append(s.team, fmt.Sprintf("p%02d@%s.example", n, s.org))
	}
	s.people = append(slices.Clone(s.team), s.kim(), s.berta())
	return s
}

func (s *story) ana() string   { return "ana@" + s.org + ".example" }
func (s *story) kim() string   { return "kim@" + s.org + ".example" }
func (s *story) berta() string { return "berta@" + s.other + ".example" }

// play starts the story: it creates the objects, with retries until the webhooks accept them, and answers mails as they
// arrive. Callers wait for over.
func (s *story) play(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	var all, tasks sync.WaitGroup
	for _, task := range []func(context.Context){s.declare, s.answer} {
		tasks.Go(func() {
			defer GinkgoRecover()
			task(ctx)
		})
	}
	all.Go(func() {
		tasks.Wait()
		close(s.over)
	})
	DeferCleanup(func() {
		cancel()
		all.Wait()
	})
}

func (s *story) declare(ctx context.Context) {
	for _, o := range []client.Object{
		builders.Organization(s.org).DisplayName("Acme").Obj(),
		builders.OrgUser(s.org, "ana").Role(v1alpha1.RoleOrganizationAdmin).Existing().Obj(),
		builders.Workspace(s.org, "support").Obj(),
		builders.Invitation(s.org, "team", strings.Join(s.team, ", ")).Workspace("support", v1alpha1.WorkspaceEdit).
			InvitedBy(s.ana()).Obj(),
		builders.OrgUser(s.org, "kim").Workspace("support", v1alpha1.WorkspaceView).Obj(),
		builders.Organization(s.other).PrimaryAdministrator("Berta Sanz", s.berta()).Obj(),
	} {
		Eventually(ctx, func() error {
			err := env.Client.Create(ctx, o)
			if apierrors.IsAlreadyExists(err) { // the API server accepted it and the answer was lost
				return nil
			}
			return err
		}).WithTimeout(storyTimeout).Should(Succeed())
	}
}

// answer acts for the people: it follows the link of every mail, with retries while the portal is down.
func (s *story) answer(ctx context.Context) {
	for len(s.links) < 2*len(s.people) {
		var link string
		_, err := box.Wait(ctx, func(m mailbox.Message) bool {
			link = s.link(m)
			return link != "" && !s.links[link]
		})
		if err != nil {
			return // the spec has ended and says why
		}
		Eventually(ctx, func() error { return s.portal.visit(ctx, link, accept) }).WithTimeout(storyTimeout).Should(Succeed())
		s.links[link] = true
	}
}

// link returns the link of a mail to one of the story's people, or "" if there is none.
func (s *story) link(m mailbox.Message) string {
	if !slices.ContainsFunc(s.people, m.SentTo) {
		return ""
	}
	return linkOf(m)
}
