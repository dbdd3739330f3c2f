// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package login

import (
	"bufio"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/internal/signin"
	"github.com/usher-operator/usher/internal/testing/certificate"
	"github.com/usher-operator/usher/internal/testing/ports"
)

// The shapes of the other provider, by the paths of their issuers.
const (
	// userinfo has addresses in the userinfo only, as OpenID Connect says, and knows the portal by a secret in the header.
	userinfo = "userinfo"
	// slashed has an issuer that ends with a slash, signs by ES256, and knows the portal as a public client.
	slashed = "tenant/"
	// posted signs by PS256, and knows the portal by a secret in the form.
	posted = "posted"
	// silent says nothing of the address being verified, as Entra ID.
	silent = "silent"
	// unproved says that the address is not verified, and nameless has none.
	unproved = "unproved"
	nameless = "nameless"
)

// shape is how provider.mjs runs the provider once.
type shape struct {
	Callback string         `json:"callback"`
	Secret   string         `json:"secret,omitempty"`
	Method   string         `json:"method,omitempty"`
	Alg      string         `json:"alg,omitempty"`
	InToken  bool           `json:"inToken"`
	Claims   map[string]any `json:"claims,omitempty"`
}

// peer is oidc-provider in Node.js.
type peer struct {
	address, caFile, secretFile string
	ca                          []byte
	in                          io.WriteCloser
	out                         *bufio.Reader
}

func startPeer(callback string) *peer {
	GinkgoHelper()
	Expect(filepath.Join("node_modules", "oidc-provider", "package.json")).To(BeARegularFile(),
		"these tests need oidc-provider: `make login` installs it (npm ci in test/login)")
	node, err := exec.LookPath("node")
	Expect(err).NotTo(HaveOccurred(), "these tests need Node.js: `make login` installs it, on Debian with npm")
	dir, secret := GinkgoT().TempDir(), rand.Text()
	shown, err := certificate.Loopback(dir)
	Expect(err).NotTo(HaveOccurred())
	p := &peer{caFile: shown.File, secretFile: filepath.Join(dir, "secret")}
	Expect(os.WriteFile(p.secretFile, []byte(secret), 0o600)).To(Succeed())
	p.ca, err = os.ReadFile(shown.File)
	Expect(err).NotTo(HaveOccurred())
	p.address, err = ports.Address()
	Expect(err).NotTo(HaveOccurred())
	argument, err := json.Marshal(map[string]any{
		"address": p.address, "cert": shown.File, "key": shown.KeyFile,
		"shapes": map[string]shape{
			userinfo: {Callback: callback, Secret: secret},
			slashed:  {Callback: callback, InToken: true, Alg: "ES256"},
			posted:   {Callback: callback, InToken: true, Alg: "PS256", Secret: secret, Method: "client_secret_post"},
			silent:   {Callback: callback, InToken: true, Claims: map[string]any{"email_verified": nil}},
			unproved: {Callback: callback, Claims: map[string]any{"email_verified": false}},
			nameless: {Callback: callback, Claims: map[string]any{"email": nil}},
		},
	})
	Expect(err).NotTo(HaveOccurred())
	command := exec.Command(node, "provider.mjs", string(argument))
	command.Stderr = GinkgoWriter
	p.in, err = command.StdinPipe()
	Expect(err).NotTo(HaveOccurred())
	out, err := command.StdoutPipe()
	Expect(err).NotTo(HaveOccurred())
	p.out = bufio.NewReader(out)
	Expect(command.Start()).To(Succeed())
	DeferCleanup(func() {
		Expect(p.in.Close()).To(Succeed())
		Expect(command.Wait()).To(Succeed())
	})
	Expect(p.out.ReadString('\n')).To(Equal("ready\n"))
	return p
}

// rotate has a shape sign with another key from now on, and forget the former one.
func (p *peer) rotate(name string) {
	GinkgoHelper()
	_, err := fmt.Fprintln(p.in, name)
	Expect(err).NotTo(HaveOccurred())
	Expect(p.out.ReadString('\n')).To(Equal(name + "\n"))
}

func (p *peer) issuer(name string) string { return "https://" + p.address + "/" + name }

// portal returns the portal as a client of a shape.
func (p *peer) portal(name string) signin.Provider {
	known := signin.Provider{IssuerURL: p.issuer(name), ClientID: "usher", CAFile: p.caFile, DisplayName: "Acme ID"}
	if name == userinfo || name == posted {
		known.ClientSecretFile = p.secretFile
	}
	return known
}

// authentication returns one more entry for the API server's configuration.
func (p *peer) authentication(name string) []byte {
	const indent = "      "
	return fmt.Appendf(nil, `
- issuer:
    url: %s
    audiences: [kubectl]
    certificateAuthority: |
%s
  claimValidationRules:
  - expression: claims.?email_verified.orValue(false) == true
    message: the provider has not verified the email address
  claimMappings:
    username: {claim: email, prefix: %q}
    groups: {claim: groups, prefix: "oidc:"}
`, p.issuer(name), indent+strings.ReplaceAll(strings.TrimSpace(string(p.ca)), "\n", "\n"+indent), prefix)
}

// browser returns a browser whose person is known to the provider at once.
func (p *peer) browser(email string) *http.Client {
	GinkgoHelper()
	roots := x509.NewCertPool()
	Expect(roots.AppendCertsFromPEM(p.ca)).To(BeTrue())
	jar, err := cookiejar.New(nil)
	Expect(err).NotTo(HaveOccurred())
	return &http.Client{Jar: jar, Transport: as{email, &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
	}}}
}

// as says who the person is.
type as struct {
	email string
	next  http.RoundTripper
}

// RoundTrip sends one request.
func (a as) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("X-Person", a.email)
	return a.next.RoundTrip(r)
}
