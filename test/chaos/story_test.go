// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"slices"
	"strings"
	"sync"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/testing/builders"
	"github.com/usher-operator/usher/test/mailbox"
)

// invited is how many people the story's Invitation names.
const invited = 20

// story is two organizations and the people who are invited to them: by an Invitation, by an OrgUser of their own, and
// as the primary administrator of an organization without users.
type story struct {
	org, other string
	team       []string // addresses of the Invitation
	people     []string // addresses of everybody who is invited

	over chan struct{} // closed when everything is declared and everybody has answered

	// What follows is the people's until the story is over.
	links map[string]bool // followed to the end
	odd   []string        // answers of the portal that a person should never see
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

// play begins the story: objects are declared again and again until the webhooks take them, mails are answered as they
// come. Whoever plays it waits for over.
func (s *story) play(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	var all, acts sync.WaitGroup
	for _, act := range []func(context.Context){s.declare, s.answer} {
		acts.Go(func() {
			defer GinkgoRecover()
			act(ctx)
		})
	}
	all.Go(func() { listen(ctx) })
	all.Go(func() {
		acts.Wait()
		close(s.over)
	})
	DeferCleanup(func() {
		cancel()
		all.Wait()
	})
}

// listen tells the victim of the mails that the mail server has taken.
func listen(ctx context.Context) {
	seen := 0
	for {
		mail, err := box.Wait(ctx, func(m mailbox.Message) bool { return m.Number > seen })
		if err != nil {
			return
		}
		seen = mail.Number
		usher.reach(mailKept, strings.Join(mail.EnvelopeTo, " "))
	}
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
			if apierrors.IsAlreadyExists(err) { // the API server took it and the answer was lost
				return nil
			}
			return err
		}).WithTimeout(storyTimeout).Should(Succeed())
	}
}

// answer plays the people: each follows the link of every mail, and tries again while the portal is down.
func (s *story) answer(ctx context.Context) {
	for len(s.links) < 2*len(s.people) {
		var link string
		_, err := box.Wait(ctx, func(m mailbox.Message) bool {
			link = s.link(m)
			return link != "" && !s.links[link]
		})
		if err != nil {
			return // the spec is over, and says why
		}
		Eventually(ctx, func() error { return s.submit(ctx, link) }).WithTimeout(storyTimeout).Should(Succeed())
		s.links[link] = true
	}
}

// link gives the link of a mail to one of the story's people; empty: it holds none.
func (s *story) link(m mailbox.Message) string {
	if !slices.ContainsFunc(s.people, m.SentTo) {
		return ""
	}
	for _, link := range m.Links() {
		if strings.HasPrefix(link, usher.options.PortalURL+invitation) || strings.HasPrefix(link, usher.options.PortalURL+confirmation) {
			return link
		}
	}
	return ""
}

// submit sends the form of a link. It fails when there is no answer. An answer other than that all is well is noted:
// a person must not be turned away because the operator was started again.
func (s *story) submit(ctx context.Context, link string) error {
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		WroteRequest: func(httptrace.WroteRequestInfo) { usher.reach(formSent, link) },
	})
	form := url.Values{"action": {"accept"}, "displayName": {"Somebody"}, "phone": {""}, "language": {"es"}}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, link, strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	response, err := browser.Do(r)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusSeeOther {
		s.odd = append(s.odd, fmt.Sprintf("%s: %s", strings.TrimPrefix(link, usher.options.PortalURL)[:2], response.Status))
		return fmt.Errorf("the portal answered %s", response.Status)
	}
	return nil
}

// browser follows no redirect, and connects anew for each form.
var browser = &http.Client{
	Transport:     &http.Transport{DisableKeepAlives: true},
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}
