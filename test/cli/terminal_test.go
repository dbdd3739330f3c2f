// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/api/v1alpha1"
)

var _ = Describe("at a terminal", func() {
	DescribeTable("CLI-2 fits on the screen", func(ctx context.Context, width int, line, file string) {
		t := openTerminal(ctx, width, 60)
		shown := regexp.MustCompile(`v1\.\d+\.\d+`).ReplaceAllString(t.run(ctx, "kubectl-usher "+line+" -n acme"), "v1.36.0")
		matchesExactly(shown, file)
	},
		Entry("check, narrow", 60, "check", "terminal-60-check.txt"),
		Entry("check, wide", 200, "check", "terminal-200-check.txt"),
		Entry("check of an administrator, narrow", 60, "check --as ana@acme.example", "terminal-60-check-admin.txt"),
		Entry("the help, narrow", 60, "why --help", "terminal-60-help.txt"),
		Entry("the help, wide", 200, "why --help", "terminal-200-help.txt"),
		Entry("an error, narrow", 60, "user mrta", "terminal-60-error.txt"),
		Entry("who somebody is, narrow", 60, "whoami --as marta@acme.example", "terminal-60-whoami.txt"),
	)

	It("CLI-2 leaves lines that cannot be broken to a narrow terminal, with every word", func(ctx context.Context) {
		t := openTerminal(ctx, 60, 60)
		Expect(normal(t.run(ctx, "kubectl-usher why marta support -n acme", "-J"))).To(
			Equal(normal(usher(ctx, platform, "why", "marta", "support", "-n", "acme").succeeds()) + "exit=0\n"))
	})

	It("CLI-5 colors results, unless NO_COLOR or a pipe says not to", func(ctx context.Context) {
		const colors = "\x1b["
		t := openTerminal(ctx, 120, 60)
		Expect(t.run(ctx, "kubectl-usher check -n acme", "-e")).To(MatchRegexp("kinds +\x1b\\[32mok\x1b\\["))
		Expect(t.run(ctx, "kubectl-usher can remove ana -n acme --as ana@acme.example", "-e")).To(HavePrefix("\x1b[1m\x1b[31mno"))
		Expect(t.run(ctx, "kubectl-usher check -n acme | cat", "-e")).NotTo(ContainSubstring(colors))
		plain := openTerminal(ctx, 120, 60, "NO_COLOR=1")
		Expect(plain.run(ctx, "kubectl-usher check -n acme", "-e")).NotTo(ContainSubstring(colors))
	})

	It("CLI-2 prints to a pipe as it does without a terminal", func(ctx context.Context) {
		t := openTerminal(ctx, 60, 60)
		Expect(normal(t.run(ctx, "kubectl-usher check -n acme | cat", "-J"))).To(
			Equal(normal(usher(ctx, platform, "check", "-n", "acme").succeeds()) + "exit=0\n"))
	})

	Describe("with questions", func() {
		var org string
		BeforeEach(func(ctx context.Context) { org = organization(ctx) })

		It("CLI-3 ORG-25 removes only after yes", func(ctx context.Context) {
			t := openTerminal(ctx, 100, 30)
			remove := "kubectl-usher remove member -n " + org + " --as owner@acme.example; echo exit=$?"
			question := "Remove member (member@acme.example) from organization " + org + "? [y/N]"
			t.enter(ctx, remove)
			t.shows(ctx, HaveSuffix(question))
			t.press(ctx, "Enter")
			t.shows(ctx, HaveSuffix("Nothing is changed.\nexit=0\n$"))

			t.enter(ctx, "clear; "+remove)
			t.shows(ctx, HaveSuffix(question))
			t.press(ctx, "C-c")
			t.shows(ctx, HaveSuffix("error: interrupted, nothing is changed\nexit=1\n$"))
			Expect(get(ctx, org, "member", &v1alpha1.OrgUser{}).DeletionTimestamp).To(BeNil())

			t.enter(ctx, "clear; "+remove)
			t.shows(ctx, HaveSuffix(question))
			t.enter(ctx, "y")
			t.shows(ctx, HaveSuffix("member (member@acme.example) removed\nexit=0\n$"))
		})

		It("CLI-1 shows what it understood, asks, and shows the progress of many requests", func(ctx context.Context) {
			file := filepath.Join(GinkgoT().TempDir(), "people.csv")
			Expect(os.WriteFile(file, []byte(lettersTo(12)), 0o600)).To(Succeed())
			t := openTerminal(ctx, 100, 40)
			t.enter(ctx, "clear; kubectl-usher invite --as owner@acme.example --from-csv "+file+" -n "+org)
			t.shows(ctx, HaveSuffix("Invite these 12 people, in 12 Invitations? [y/N]"))
			Expect(t.screen(ctx)).To(MatchRegexp(`(?m)^p7@acme\.example +<none> +Member +support \(Edit\) +<none> +<none> +Letter 7$`))
			t.enter(ctx, "y")
			t.shows(ctx, MatchRegexp(`(?m)^p11@acme\.example +invited +Invitation invite-\w+\n\$$`))
			for _, doing := range []string{"asking the API server", "inviting"} {
				Expect(t.recorded()).To(MatchRegexp(doing + ` +50% \[=+>\.+\] \(6/12\)`))
				Expect(t.screen(ctx)).NotTo(ContainSubstring(doing))
			}
			Expect(invitations(ctx, org)).To(HaveLen(12))
		})

		It("CLI-1 shows live who accepts, until all have answered", func(ctx context.Context) {
			t := openTerminal(ctx, 100, 30)
			t.enter(ctx, "clear; kubectl-usher invite zoe@acme.example max@acme.example --yes --wait --as owner@acme.example -n "+org+
				"; echo exit=$?")
			t.shows(ctx, HaveSuffix("zoe@acme.example  Invited\nmax@acme.example  Invited"))
			accept(ctx, "zoe@acme.example")
			t.shows(ctx, ContainSubstring("\nzoe@acme.example  Active"))
			Expect(t.screen(ctx)).NotTo(ContainSubstring("exit="))
			accept(ctx, "max@acme.example")
			t.shows(ctx, HaveSuffix("max@acme.example  Active\nexit=0\n$"))
		})

		It("CLI-1 stops waiting when it is interrupted", func(ctx context.Context) {
			t := openTerminal(ctx, 100, 30)
			t.enter(ctx, "clear; kubectl-usher invite zoe@acme.example --wait --as owner@acme.example -n "+org+"; echo exit=$?")
			t.shows(ctx, ContainSubstring("zoe@acme.example  Invited"))
			t.press(ctx, "C-c")
			t.shows(ctx, HaveSuffix("exit=1\n$"))
		})
	})
})

// lettersTo returns a spreadsheet with people who each get a message of their own, and so an Invitation of their own.
func lettersTo(people int) string {
	var text strings.Builder
	fmt.Fprintln(&text, "email,workspaces,message")
	for n := range people {
		fmt.Fprintf(&text, "p%d@acme.example,support:Edit,Letter %d\n", n, n)
	}
	return text.String()
}

// accept accepts the newest invitation to an address on the portal, from its mail to the end.
func accept(ctx context.Context, address string) {
	GinkgoHelper()
	submit(ctx, address, "/i/", url.Values{"action": {"accept"}, "displayName": {"Zoe Sanz"}, "phone": {""}, "language": {"es"}})
	submit(ctx, address, "/c/", nil)
}

// submit submits the form behind the newest link to an address.
func submit(ctx context.Context, address, path string, form url.Values) {
	GinkgoHelper()
	link := ""
	Eventually(ctx, func() string {
		link = newestLink(address, path)
		return link
	}).ShouldNot(BeEmpty())
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, link, strings.NewReader(form.Encode()))
	Expect(err).NotTo(HaveOccurred())
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	response, err := http.DefaultClient.Do(r)
	Expect(err).NotTo(HaveOccurred())
	Expect(response.Body.Close()).To(Succeed())
	Expect(response.StatusCode).To(Equal(http.StatusOK))
}

func newestLink(address, path string) string {
	GinkgoHelper()
	messages, err := control.Mailbox.Messages()
	Expect(err).NotTo(HaveOccurred())
	for _, m := range slices.Backward(messages) {
		if !m.SentTo(address) {
			continue
		}
		for _, link := range m.Links() {
			if strings.Contains(link, path) {
				return link
			}
		}
	}
	return ""
}
