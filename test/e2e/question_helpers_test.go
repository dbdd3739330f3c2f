// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/testing/builders"
	"github.com/usher-operator/usher/internal/testing/mailbox"
	"github.com/usher-operator/usher/internal/testing/operator"
)

// counter is a workspace with a page for customers.
type counter struct {
	org, queue string
	workspace  *v1alpha1.Workspace
}

// openCounter makes an organization with a workspace "support" that has a page, with changes to the workspace.
func openCounter(ctx context.Context, changes ...func(*v1alpha1.Workspace)) counter {
	GinkgoHelper()
	org := organization(ctx)
	queue := "queue@" + org + ".example"
	w := builders.Workspace(org, "support").With(func(w *v1alpha1.Workspace) {
		w.Spec.Portal = &v1alpha1.CustomerPortal{Title: "Soporte Acme", QueueEmail: v1alpha1.EmailAddress(queue)}
	}).Obj()
	for _, change := range changes {
		change(w)
	}
	create(ctx, w)
	awaitReady(ctx, w)
	c := counter{org: org, queue: queue, workspace: w}
	Eventually(func() int { return visit(ctx, c.page()) }).Should(Equal(http.StatusOK))
	return c
}

func (c counter) page() string { return usher.PortalURL + "/w/" + c.org + "/support" }

func (c counter) address(name string) string { return name + "@" + c.org + ".example" }

// asking is the form as a customer fills it in. No two customers write the same words.
func asking(email, subject string) url.Values {
	return url.Values{"name": {"Clara Ruiz"}, "email": {email}, "subject": {subject}, "text": {wordsOf(email) + " tres veces.\r\nDe: " + subject}}
}

// wordsOf gives how a customer's question begins.
func wordsOf(email string) string { return email + ": Pita" }

// ask asks a question on the page.
func (c counter) ask(ctx context.Context, email, subject string) {
	GinkgoHelper()
	Expect(post(ctx, c.page(), asking(email, subject))).To(Equal(http.StatusSeeOther))
}

// confirmed asks a question and confirms the address.
func (c counter) confirmed(ctx context.Context, email, subject string) {
	GinkgoHelper()
	before := len(linksTo(email, "/q/"))
	c.ask(ctx, email, subject)
	Eventually(func() []string { return linksTo(email, "/q/") }).Should(HaveLen(before + 1))
	Expect(post(ctx, here(linksTo(email, "/q/")[before]), nil)).To(Equal(http.StatusSeeOther))
}

var customerLink = regexp.MustCompile(`^https?://[^/]+(/[qa]/\S+)$`)

// linksTo gives the links below a path in all mails to an address, by whichever operator.
func linksTo(email, path string) []string {
	GinkgoHelper()
	var links []string
	for _, m := range mailsTo(email) {
		for _, link := range m.Links() {
			if found := customerLink.FindStringSubmatch(link); found != nil && strings.HasPrefix(found[1], path) && !slices.Contains(links, link) {
				links = append(links, link)
			}
		}
	}
	return links
}

// here gives a link as the operator that runs now serves it.
func here(link string) string { return usher.PortalURL + customerLink.FindStringSubmatch(link)[1] }

// read gives a page's status and text.
func read(ctx context.Context, link string) (int, string) {
	GinkgoHelper()
	return fetch(ctx, http.DefaultClient, http.MethodGet, link, nil)
}

// text gives a page's text, for an Eventually.
func text(ctx context.Context, link string) func() string {
	return func() string {
		_, body := read(ctx, link)
		return body
	}
}

// kept gives the Secrets with the questions to an organization.
func kept(ctx context.Context, org string) func(Gomega) []corev1.Secret {
	return func(g Gomega) []corev1.Secret {
		var list corev1.SecretList
		g.Expect(env.Client.List(ctx, &list, client.InNamespace(operator.Namespace), client.MatchingLabels{
			v1alpha1.LabelQuestion: "true", v1alpha1.LabelOrganization: org,
		})).To(Succeed())
		return list.Items
	}
}

// queued gives the subjects of the mails in the queue, without what stands in brackets, each once a Message-ID.
func (c counter) queued() []string {
	GinkgoHelper()
	ids := map[string]bool{}
	var subjects []string
	for _, m := range mailsTo(c.queue) {
		if !ids[m.MessageID] {
			ids[m.MessageID] = true
			_, subject, _ := strings.Cut(m.Subject, "] ")
			subjects = append(subjects, subject)
		}
	}
	return subjects
}

// questionIn waits for the mail to the queue with a subject.
func (c counter) questionIn(subject string) mailbox.Message {
	GinkgoHelper()
	var found mailbox.Message
	Eventually(func(g Gomega) {
		mails := mailsTo(c.queue)
		n := slices.IndexFunc(mails, func(m mailbox.Message) bool { return strings.HasSuffix(m.Subject, "] "+subject) })
		g.Expect(n).NotTo(Equal(-1))
		found = mails[n]
	}).Should(Succeed())
	return found
}

// subjectsOf gives numbered subjects.
func subjectsOf(prefix string, count int) []string {
	var all []string
	for n := range count {
		all = append(all, fmt.Sprintf("%s %d", prefix, n+1))
	}
	return all
}
