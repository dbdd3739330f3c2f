// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package browser

import (
	"context"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/setup"
	"github.com/usher-operator/usher/internal/testing/operator"
	"github.com/usher-operator/usher/internal/testing/ports"
)

var _ = Describe("The portal withstands an attacker", func() {
	DescribeTable("who makes a person send a form from another site", func(ctx SpecContext, host string) {
		story := invite(ctx, "es")
		link := story.link(ctx, "/i/")
		evil := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			fmt.Fprintf(w, `<!DOCTYPE html><html lang="en"><title>Prize</title><link rel="icon" href="data:,"><form method="post" action="%s">`+
				`<input name="action" value="accept"><input name="displayName" value="Eve"><input name="language" value="en">`+
				`<button>Win</button></form>`, html.EscapeString(link))
		}))
		DeferCleanup(evil.Close)
		t := openTab(ctx, desktop)
		t.speak("es")
		address := strings.Replace(evil.URL, "127.0.0.1", host, 1)
		t.visit(address)
		Expect(t.follow("button")).To(Equal(http.StatusForbidden))
		Expect(t.text("h1")).To(Equal("Solicitud rechazada"))
		Expect(t.text(".next")).To(ContainSubstring("Vuelve a abrir el enlace del correo"))
		t.examine("es-refused")
		Expect(story.state(ctx)(Default)).To(Equal(v1alpha1.RecipientInvited))
	},
		Entry("on the same host", "127.0.0.1"),
		Entry("on another host", "localhost"),
	)

	It("who guesses links: all invalid and unknown links get the same answer", func(ctx SpecContext) {
		story := invite(ctx, "es")
		link := story.link(ctx, "/i/")
		token := link[strings.LastIndex(link, "/")+1:]
		altered := []byte(token)
		altered[len(altered)/2] ^= 1
		want := ask(ctx, http.MethodGet, usher.PortalURL+"/i/nobody")
		Expect(want.status).To(Equal(http.StatusNotFound))
		for _, path := range []string{
			"/i/" + token[1:], "/i/" + token[:len(token)-1], "/i/" + string(altered), "/c/" + token, "/i/" + token + token,
			"/i/" + strings.Repeat("A", len(token)), "/i/" + token + "/done/", "/i/" + strings.ToUpper(token), "/c/nobody/done",
		} {
			Expect(ask(ctx, http.MethodGet, usher.PortalURL+path)).To(Equal(want), path)
		}
		Expect(ask(ctx, http.MethodGet, link).status).To(Equal(http.StatusOK))
	})

	It("who looks for missing headers: every answer forbids frames, scripts, caching and referrers", func(ctx SpecContext) {
		story := invite(ctx, "es")
		link := story.link(ctx, "/i/")
		for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodOptions} {
			for _, address := range []string{link, link + "/done", usher.PortalURL + "/i/nobody", usher.PortalURL + "/", usher.PortalURL + "/x"} {
				answer := ask(ctx, method, address)
				Expect(answer.header).To(And(
					HaveKeyWithValue("Content-Security-Policy", ConsistOf(And(
						ContainSubstring("default-src 'none'"), ContainSubstring("frame-ancestors 'none'")))),
					HaveKeyWithValue("Referrer-Policy", ConsistOf("no-referrer")),
					HaveKeyWithValue("X-Content-Type-Options", ConsistOf("nosniff")),
					HaveKeyWithValue("Cache-Control", ConsistOf("no-store")),
					Not(HaveKey("Set-Cookie")),
				), method)
			}
		}
		deleted := ask(ctx, http.MethodDelete, link)
		Expect(deleted.status).To(Equal(http.StatusMethodNotAllowed))
		Expect(deleted.header).To(HaveKeyWithValue("Allow", ConsistOf("GET, HEAD, POST")))
		head := ask(ctx, http.MethodHead, link)
		Expect(head.status).To(Equal(http.StatusOK))
		Expect(head.body).To(BeEmpty())
		Expect(story.state(ctx)(Default)).To(Equal(v1alpha1.RecipientInvited))
	})

	It("who sends too many requests: they are asked to wait", func(ctx SpecContext) {
		busy := startReplica(ctx, func(o *setup.Options) { o.PortalRequestsPerSecond = 0.01 })
		t := openTab(ctx, desktop)
		t.speak("es")
		for range 100 {
			if ask(ctx, http.MethodGet, busy.PortalURL+"/i/nobody").status == http.StatusTooManyRequests {
				break
			}
		}
		Expect(t.visit(busy.PortalURL + "/i/nobody")).To(Equal(http.StatusTooManyRequests))
		Expect(t.text("h1")).To(Equal("Demasiadas solicitudes"))
		t.examine("es-busy")
	})
})

// answer is a response without its date, for comparisons.
type answer struct {
	status int
	header http.Header
	body   string
}

// ask sends a request without the browser and returns the answer. It does not follow redirects.
func ask(ctx context.Context, method, address string) answer {
	GinkgoHelper()
	r, err := http.NewRequestWithContext(ctx, method, address, http.NoBody)
	Expect(err).NotTo(HaveOccurred())
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := client.Do(r)
	Expect(err).NotTo(HaveOccurred())
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	Expect(err).NotTo(HaveOccurred())
	response.Header.Del("Date")
	return answer{response.StatusCode, response.Header, string(body)}
}

// startReplica runs a second operator until the surrounding specs end. The first one stays the leader, and the API server does
// not call the webhooks of the second.
func startReplica(ctx context.Context, change func(*setup.Options)) *operator.Operator {
	GinkgoHelper()
	options, err := operator.Options(env, box)
	Expect(err).NotTo(HaveOccurred())
	options.WebhookPort, err = ports.Free(env.WebhookHost)
	Expect(err).NotTo(HaveOccurred())
	change(&options)
	replica, err := operator.Start(ctx, env, options)
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(func() { Expect(replica.Stop()).To(Succeed()) })
	return replica
}
