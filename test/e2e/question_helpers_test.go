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

// contactPage is a workspace with a contact page for customers.
type contactPage struct {
	org, queue string
	workspace  *v1alpha1.Workspace
}

// openContactPage creates an organization with a workspace "support" that has a contact page, with changes to the workspace.
func openContactPage(ctx context.Context, changes ...func(*v1alpha1.Workspace)) contactPage {
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
	c := contactPage{org: org, queue: queue, workspace: w}
	Eventually(func() int { return visit(ctx, c.url()) }).Should(Equal(http.StatusOK))
	return c
}

func (c contactPage) url() string { return usher.PortalURL + "/w/" + c.org + "/support" }

func (c contactPage) address(name string) string { return name + "@" + c.org + ".example" }

// questionForm returns the values of the form that a customer fills in. No two customers write the same text.
func questionForm(email, subject string) url.Values {
	return url.Values{"name": {"Clara Ruiz"}, "email": {email}, "subject": {subject}, "text": {wordsOf(email) + " tres veces.\r\nDe: " + subject}}
}

// wordsOf returns the beginning of a customer's question.
func wordsOf(email string) string { return email + ": Pita" }

// ask asks a question on the page.
func (c contactPage) ask(ctx context.Context, email, subject string) {
	GinkgoHelper()
	Expect(post(ctx, c.url(), questionForm(email, subject))).To(Equal(http.StatusSeeOther))
}

// askAndConfirm asks a question and confirms the address.
func (c contactPage) askAndConfirm(ctx context.Context, email, subject string) {
	GinkgoHelper()
	before := len(linksTo(email, "/q/"))
	c.ask(ctx, email, subject)
	Eventually(func() []string { return linksTo(email, "/q/") }).Should(HaveLen(before + 1))
	Expect(post(ctx, here(linksTo(email, "/q/")[before]), nil)).To(Equal(http.StatusSeeOther))
}

var customerLink = regexp.MustCompile(`^https?://[^/]+(/[qa]/\S+)$`)

// linksTo returns the links below a path in all mails to an address, from every operator that ran.
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

// here turns a link into one of the operator that runs now.
func here(link string) string { return usher.PortalURL + customerLink.FindStringSubmatch(link)[1] }

// read returns the status and the text of a page.
func read(ctx context.Context, link string) (int, string) {
	GinkgoHelper()
	return fetch(ctx, http.DefaultClient, http.MethodGet, link, nil)
}

// text returns a function that reads the text of a page.
func text(ctx context.Context, link string) func() string {
	return func() string {
		_, body := read(ctx, link)
		return body
	}
}

// storedQuestions returns a function that reads the Secrets with the questions to an organization.
func storedQuestions(ctx context.Context, org string) func(Gomega) []corev1.Secret {
	return func(g Gomega) []corev1.Secret {
		var list corev1.SecretList
		g.Expect(env.Client.List(ctx, &list, client.InNamespace(operator.QuestionsNamespace), client.MatchingLabels{
			v1alpha1.LabelQuestion: "true", v1alpha1.LabelOrganization: org,
		})).To(Succeed())
		return list.Items
	}
}

// queued returns the subjects of the mails in the queue, without the part in brackets, once per Message-ID.
func (c contactPage) queued() []string {
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
func (c contactPage) questionIn(subject string) mailbox.Message {
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

// subjectsOf returns numbered subjects.
func subjectsOf(prefix string, count int) []string {
	var all []string
	for n := range count {
		all = append(all, fmt.Sprintf("%s %d", prefix, n+1))
	}
	return all
}
