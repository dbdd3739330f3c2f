// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/gstruct"
)

var _ = Describe("telling", func() {
	It("shortens every token", func() {
		Expect(shorten("see http://127.0.0.1:8080/i/AQGIixmkAAAAAVc9-EY_CbJ/done?lang=es and /c/AQKIixmkAAAA.")).
			To(Equal("see http://127.0.0.1:8080/i/AQGIix…/done?lang=es and /c/AQKIix…."))
	})

	It("shortens tokens in errors", func() {
		err := &failure{expected: "a page", got: `Get "http://127.0.0.1:1/i/AQGIixmkAAAAAVc9": connection refused`, look: "operator.log"}
		Expect(err.Error()).To(ContainSubstring("/i/AQGIix…"))
		Expect(err.Error()).NotTo(ContainSubstring("AQGIixm"))
	})

	DescribeTable("quotes commands for a shell", func(args []string, want string) {
		Expect(typed(args...)).To(Equal(want))
	},
		Entry("plain words", []string{"kubectl", "get", "ou", "-n", "acme"}, "kubectl get ou -n acme"),
		Entry("a flag with a path", []string{"wait", "--for=jsonpath={.status.state}=Active"}, "wait --for=jsonpath='{.status.state}=Active'"),
		Entry("a flag with JSON", []string{`--patch={"a":"b"}`}, `--patch='{"a":"b"}'`),
		Entry("a quote", []string{"it's"}, `'it'\''s'`),
		Entry("an empty value", []string{"--from="}, "--from=''"),
	)

	It("says what was expected, what came instead and where to look", func() {
		var out strings.Builder
		(&teller{w: &out}).stopped(&failure{expected: "the answer \"yes\"", got: "no\n", look: "operator.log"})
		Expect(out.String()).To(And(
			ContainSubstring("expected  the answer \"yes\"\n"), ContainSubstring("got       no\n"), ContainSubstring("look at   operator.log\n")))
	})
})

var _ = Describe("finding the cluster", func() {
	It("reads shell assignments", func() {
		Expect(parseEnv([]byte("# written by make up\nKUBECONFIG='/a b/it'\\''s'\nPORTAL_URL='http://127.0.0.1:1'\n"))).To(Equal(
			map[string]string{"KUBECONFIG": "/a b/it's", "PORTAL_URL": "http://127.0.0.1:1"}))
	})

	It("says what to do when there is no cluster", func() {
		_, err := findCluster("", GinkgoT().TempDir())
		Expect(err).To(MatchError(ContainSubstring("run `make demo`")))
	})

	It("names the missing variable", func() {
		data := GinkgoT().TempDir()
		Expect(os.WriteFile(filepath.Join(data, "env"), []byte("KUBECONFIG='x'\n"), 0o600)).To(Succeed())
		_, err := findCluster("", data)
		Expect(err).To(MatchError(ContainSubstring("PORTAL_URL")))
	})
})

var _ = Describe("browsing", func() {
	const form = `<!DOCTYPE html><title>t</title><body><header>no</header><main><h1>Join  us</h1>
<dl><div><dt>For</dt><dd><bdi>nora@acme.example</bdi></dd></div>
<div><dt>Role</dt><dd>Member<p>Works here.</p></dd></div></dl><pre><code>kubectl get all</code></pre>
<form method="post" action="/i/t?lang=en"><div><label for="n">Name</label><p id="n-hint">no</p><input name="n" value="Nora"></div>
<select name="l"><option value="es">es</option><option value="en" selected>en</option></select>
<p><button name="action" value="accept">Accept</button></p></form></main>`

	It("submits a page's form like a browser, and follows redirects", func(ctx context.Context) {
		var sent map[string][]string
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			switch {
			case r.Method == http.MethodPost:
				_ = r.ParseForm()
				sent = r.PostForm
				http.Redirect(w, r, "/i/t/done", http.StatusSeeOther)
			case r.URL.Path == "/i/t/done":
				_, _ = w.Write([]byte("<main><h1>Done</h1></main>"))
			default:
				_, _ = w.Write([]byte(form))
			}
		}))
		defer server.Close()
		b := newBrowser()
		opened, err := b.open(ctx, server.URL+"/i/t")
		Expect(err).NotTo(HaveOccurred())
		Expect(opened.String()).To(Equal("Join us\nFor: nora@acme.example\nRole: Member · Works here.\n$ kubectl get all\nName: [Nora][en]\n[Accept]"))
		next, err := b.press(ctx, opened, "Accept", map[string]string{"n": "Nora Vidal"})
		Expect(err).NotTo(HaveOccurred())
		Expect(next.heading).To(Equal("Done"))
		Expect(next.steps).To(HaveLen(2))
		Expect(sent).To(gstruct.MatchAllKeys(gstruct.Keys{
			"n": Equal([]string{"Nora Vidal"}), "l": Equal([]string{"en"}), "action": Equal([]string{"accept"}),
		}))
	})

	It("refuses a missing button or field", func() {
		p, err := readPage(strings.NewReader(form))
		Expect(err).NotTo(HaveOccurred())
		_, err = p.form.fill("Decline", nil)
		Expect(err).To(MatchError(ContainSubstring(`no button "Decline"`)))
		_, err = p.form.fill("Accept", map[string]string{"phone": "1"})
		Expect(err).To(MatchError(ContainSubstring(`no field "phone"`)))
	})

	It("returns an error for an error page", func(ctx context.Context) {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusGone)
			_, _ = w.Write([]byte("<main><h1>This link has expired</h1></main>"))
		}))
		defer server.Close()
		_, err := newBrowser().open(ctx, server.URL)
		Expect(err).To(MatchError(ContainSubstring("410 Gone: This link has expired")))
	})
})
