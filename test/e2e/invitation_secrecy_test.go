// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/testing/builders"
	"github.com/usher-operator/usher/internal/testing/operator"
	"github.com/usher-operator/usher/internal/testing/ports"
)

// partLength is the length of the parts of a token that must not be found anywhere: 12 characters are 72 bits.
const partLength = 12

var _ = Describe("The token in a mail's link", func() {
	It("ORG-21 is in no object, event, log, metric or audit log, neither in whole nor in part", func(ctx context.Context) {
		metrics := launchVerbose(ctx)
		org := organization(ctx, english)
		exerciseLinks(ctx, org)
		tokens := tokensOf("@" + org + ".example")
		Expect(len(tokens)).To(BeNumerically(">=", 8))

		for place, text := range places(ctx, metrics) {
			Expect(text).To(ContainSubstring(place.known), "%s: the search has the right text", place.name)
			Expect(partOf(tokens, text)).To(BeEmpty(), place.name)
			planted := text + tokens[0][30:30+partLength]
			Expect(partOf(tokens, planted)).To(Equal(tokens[0][30:30+partLength]), "%s: the search would find a token", place.name)
		}
	})
})

// launchVerbose runs the operator with the highest log level in a process of its own, instead of the one in this process. It
// returns a function that reads its log and its metrics.
func launchVerbose(ctx context.Context) func() (log, metrics string) {
	GinkgoHelper()
	Expect(usher.Stop()).To(Succeed())
	DeferCleanup(startOperator)
	binary, err := operator.Build(ctx, GinkgoT().TempDir())
	Expect(err).NotTo(HaveOccurred())
	options, err := operator.Options(env, box)
	Expect(err).NotTo(HaveOccurred())
	options.MetricsAddress, err = ports.Address()
	Expect(err).NotTo(HaveOccurred())
	options.MetricsSecure = false
	program, err := operator.Launch(env.OperatorConfig(), binary, options, "--zap-devel", "--zap-log-level=10")
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(func() { Expect(program.Kill()).To(Succeed()) })
	Expect(program.AwaitReady(ctx)).To(Succeed())
	usher = &program.Operator
	return func() (string, string) {
		log, err := program.Log()
		Expect(err).NotTo(HaveOccurred())
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+options.MetricsAddress+"/metrics", http.NoBody)
		Expect(err).NotTo(HaveOccurred())
		response, err := http.DefaultClient.Do(r)
		Expect(err).NotTo(HaveOccurred())
		body, err := io.ReadAll(response.Body)
		Expect(err).NotTo(HaveOccurred())
		Expect(response.Body.Close()).To(Succeed())
		return log, string(body)
	}
}

// exerciseLinks creates links of every kind, and uses and misuses them.
func exerciseLinks(ctx context.Context, org string) {
	GinkgoHelper()
	address := func(name string) string { return name + "@" + org + ".example" }
	DeferCleanup(func() { box.SetFault(nil) })
	box.SetFault(func(to string) error {
		if to == address("bad") {
			return noSuchUser
		}
		return nil
	})
	i := builders.Invitation(org, "team", address("luis"), address("eva"), address("sam"), address("bad")).Obj()
	create(ctx, i, builders.OrgUser(org, "kim").Obj())
	accept(ctx, address("luis"), "Luis")
	accept(ctx, address("kim"), "Kim")
	press(ctx, newestLink(address("eva"), "/i/", 1), url.Values{"action": {"decline"}})
	old := newestLink(address("sam"), "/i/", 1)
	Eventually(get(ctx, i)).Should(stateOf(address("bad"), v1alpha1.RecipientUndeliverable, 1))
	resend(ctx, i, "1")
	link := newestLink(address("sam"), "/i/", 2)
	for _, wrong := range []string{old, link + "A", link[:len(link)-1], strings.Replace(link, "/i/", "/c/", 1)} {
		look(ctx, wrong)
		press(ctx, wrong, filledIn("Mallory"))
	}
	press(ctx, link, url.Values{"action": {"nonsense"}})
	press(ctx, link, filledIn(""))
	press(ctx, link, filledIn("Sam"))
	press(ctx, newestLink(address("sam"), "/c/", 1), nil)
	Eventually(get(ctx, userOf(ctx, org, address("sam")))).Should(HaveField("Status.State", v1alpha1.UserActive))
	settle(ctx)
}

// tokensOf returns the tokens of all links in mails to a domain.
func tokensOf(domain string) []string {
	GinkgoHelper()
	mails, err := box.Messages()
	Expect(err).NotTo(HaveOccurred())
	var tokens []string
	for _, m := range mails {
		for _, link := range m.Links() {
			secret := strings.Contains(link, "/i/") || strings.Contains(link, "/c/")
			if secret && len(m.EnvelopeTo) > 0 && strings.HasSuffix(m.EnvelopeTo[0], domain) {
				tokens = append(tokens, tokenIn(link))
			}
		}
	}
	return tokens
}

// place is where a token could be found, and a text that must be found there.
type place struct{ name, known string }

func places(ctx context.Context, read func() (log, metrics string)) map[place]string {
	GinkgoHelper()
	kinds, errors, err := env.Kubectl(ctx, "api-resources", "--verbs=list", "--output=name")
	Expect(err).NotTo(HaveOccurred(), errors)
	all := strings.Join(strings.Fields(kinds), ",")
	Expect(all).To(And(ContainSubstring("events"), ContainSubstring("secrets"), ContainSubstring("leases"), ContainSubstring("invitations")))
	objects, errors, err := env.Kubectl(ctx, "get", all, "--all-namespaces", "--output=yaml", "--show-managed-fields")
	Expect(err).NotTo(HaveOccurred(), errors)
	audit, err := env.AuditLog(ctx)
	Expect(err).NotTo(HaveOccurred())
	log, metrics := read()
	return map[place]string{
		{"all objects, including events", "kind: Event"}:      objects,
		{"the operator's log", "DEBUG"}:                       log,
		{"the metrics", "controller_runtime_reconcile_total"}: metrics,
		{"the audit log", "/status"}:                          string(audit),
	}
}

// partOf returns a part of a token that is in a text, or "" if there is none.
func partOf(tokens []string, text string) string {
	parts := map[string]bool{}
	for _, token := range tokens {
		for n := range len(token) - partLength + 1 {
			parts[token[n:n+partLength]] = true
		}
	}
	for n := range len(text) - partLength + 1 {
		if parts[text[n:n+partLength]] {
			return text[n : n+partLength]
		}
	}
	return ""
}
