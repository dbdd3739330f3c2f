// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package docs

import (
	"context"
	"net/http"
	"net/url"
	"os/exec"
	"regexp"
	"slices"
	"strings"

	"github.com/emersion/go-smtp"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/internal/testing/mailbox"
)

// events are what may happen outside a page.
var events = []struct {
	pattern *regexp.Regexp
	happens func(s *session, ctx context.Context, found []string)
}{
	{regexp.MustCompile(`^(\S+@\S+) accepts as (.+)$`), (*session).accept},
	{regexp.MustCompile(`^(\S+@\S+) confirms the new address$`), (*session).confirm},
	{regexp.MustCompile(`^\$ (.+)$`), (*session).hidden},
	{regexp.MustCompile(`^the mail server refuses (\S+@\S+)$`), (*session).refuse},
	{regexp.MustCompile(`^everything is lost$`), func(s *session, ctx context.Context, _ []string) { s.clear(ctx) }},
	{regexp.MustCompile(`^the operator stops$`), func(s *session, _ context.Context, _ []string) { s.stopOperator() }},
	{regexp.MustCompile(`^the operator starts$`), func(s *session, ctx context.Context, _ []string) { s.startOperator(ctx) }},
}

func (s *session) happen(ctx context.Context, text string) {
	GinkgoHelper()
	for _, e := range events {
		if found := e.pattern.FindStringSubmatch(text); found != nil {
			e.happens(s, ctx, found)
			return
		}
	}
	Fail(s.page.name + ": this is none of the events: " + text)
}

// accept accepts the newest invitation to an address on the portal, from its mail to the end.
func (s *session) accept(ctx context.Context, found []string) {
	GinkgoHelper()
	form := url.Values{"action": {"accept"}, "displayName": {found[2]}, "phone": {""}, "language": {"es"}}
	s.submit(ctx, found[1], "/i/", form)
	s.submit(ctx, found[1], "/c/", nil)
}

// confirm confirms the new address of an account.
func (s *session) confirm(ctx context.Context, found []string) {
	GinkgoHelper()
	s.submit(ctx, found[1], "/e/", nil)
}

// submit submits the form behind the newest link to an address.
func (s *session) submit(ctx context.Context, address, path string, form url.Values) {
	GinkgoHelper()
	link := ""
	Eventually(func() string {
		link = s.link(address, path)
		return link
	}).ShouldNot(BeEmpty(), "a mail to %s with a link to %s", address, path)
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, link, strings.NewReader(form.Encode()))
	Expect(err).NotTo(HaveOccurred())
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	response, err := http.DefaultClient.Do(r)
	Expect(err).NotTo(HaveOccurred())
	Expect(response.Body.Close()).To(Succeed())
	Expect(response.StatusCode).To(Equal(http.StatusOK))
}

func (s *session) link(address, path string) string {
	GinkgoHelper()
	messages, err := shared.Mailbox.Messages()
	Expect(err).NotTo(HaveOccurred())
	for _, m := range slices.Backward(messages[s.mailsBefore:]) {
		if link := linkIn(m, s.portalURL+path); link != "" && m.SentTo(address) {
			return link
		}
	}
	return ""
}

func linkIn(m mailbox.Message, prefix string) string {
	for _, link := range m.Links() {
		if strings.HasPrefix(link, prefix) {
			return link
		}
	}
	return ""
}

// refuse makes the mail server refuse mails to an address permanently, until the page ends.
func (s *session) refuse(_ context.Context, found []string) {
	shared.Mailbox.SetTrouble(mailbox.RefuseRecipients(func(to string) error {
		if !strings.EqualFold(to, found[1]) {
			return nil
		}
		return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no such user"}
	}))
	DeferCleanup(shared.Mailbox.SetTrouble, mailbox.None{})
}

// hidden runs a command that the page does not show.
func (s *session) hidden(ctx context.Context, found []string) {
	GinkgoHelper()
	output, ok := s.bash(ctx, found[1])
	Expect(ok).To(BeTrue(), "%s: $ %s\n%s", s.page.name, found[1], output)
}

// needed are the programs that the pages use besides kubectl and those of every system.
var needed = []string{"bash", "jq"}

func missing() []string {
	return slices.DeleteFunc(slices.Clone(needed), func(program string) bool {
		_, err := exec.LookPath(program)
		return err == nil
	})
}
