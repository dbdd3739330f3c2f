// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package login

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// code logs a person in with the browser of this computer. The provider sends the person back to the loopback interface, where only this
// computer's processes can listen; the code is worth nothing to those without the verifier.
func (t Tool) code(ctx context.Context, c Client, p *provider) (entry, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", fmt.Sprintf("127.0.0.1:%d", c.RedirectPort))
	if err != nil {
		return entry{}, fmt.Errorf("cannot listen for the answer of the browser: %w: end the program that uses the port, or use --device",
			err)
	}
	config := p.config(c)
	config.RedirectURL = fmt.Sprintf("http://localhost:%d", listener.Addr().(*net.TCPAddr).Port) //nolint:forcetypeassert // it is TCP
	nonce, verifier := rand.Text(), oauth2.GenerateVerifier()
	back := &callback{state: rand.Text(), issuer: c.IssuerURL, named: p.namesItself(), done: make(chan result, 1)}
	back.redeem = func(ctx context.Context, code string) (entry, error) {
		answer, err := config.Exchange(p.context(ctx), code, oauth2.VerifierOption(verifier))
		if err != nil {
			return entry{}, p.failed("redeem the code", err)
		}
		return p.entryOf(ctx, c, answer, nonce)
	}
	server := &http.Server{
		Handler: back, ReadHeaderTimeout: timeout, BaseContext: func(net.Listener) context.Context { return ctx },
	}
	go server.Serve(listener) //nolint:errcheck // it ends with an error when it is closed
	defer stop(server)
	options := []oauth2.AuthCodeOption{oidc.Nonce(nonce), oauth2.S256ChallengeOption(verifier)}
	if c.Email != "" {
		options = append(options, oauth2.SetAuthURLParam("login_hint", c.Email))
	}
	if c.consent {
		options = append(options, oauth2.SetAuthURLParam("prompt", "consent"))
	}
	t.browse(config.AuthCodeURL(back.state, options...))
	select {
	case r := <-back.done:
		return r.entry, r.err
	case <-ctx.Done():
		return entry{}, ctx.Err()
	}
}

// stop lets the page that says how it ended reach the browser.
func stop(server *http.Server) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if server.Shutdown(ctx) != nil {
		_ = server.Close() // the browser keeps the connection
	}
}

func (t Tool) browse(address string) {
	if t.Browse == nil {
		t.say("To log in, open this address in a browser of this computer:\n%s", address)
		return
	}
	if err := t.Browse(address); err != nil {
		t.say("Cannot open a browser (%v).", err)
	}
	t.say("Log in with the browser. If none has opened, open this address in a browser of this computer:\n%s", address)
}

// callback is where the provider sends the browser back to.
type callback struct {
	state, issuer string
	// named is true if every answer names its issuer.
	named  bool
	redeem func(ctx context.Context, code string) (entry, error)
	once   sync.Once
	done   chan result
}

type result struct {
	entry entry
	err   error
}

// ServeHTTP takes the provider's answer. A request without the state is of somebody else, and the login goes on waiting for its own.
func (b *callback) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	answer := r.URL.Query()
	if r.URL.Path != "/" || subtle.ConstantTimeCompare([]byte(answer.Get("state")), []byte(b.state)) != 1 {
		show(w, http.StatusBadRequest, "This is not the answer that kubectl is waiting for", "Nothing has changed. Return to the terminal.")
		return
	}
	first := false
	b.once.Do(func() {
		first = true
		got, err := b.take(r.Context(), answer)
		if err != nil {
			show(w, http.StatusBadRequest, "You are not logged in", "The terminal says why.")
		} else {
			show(w, http.StatusOK, "You are logged in", "Return to the terminal. You can close this window.")
		}
		b.done <- result{got, err}
	})
	if !first {
		show(w, http.StatusBadRequest, "This login is over", "Return to the terminal.")
	}
}

func (b *callback) take(ctx context.Context, answer url.Values) (entry, error) {
	if issuer := answer.Get("iss"); issuer != b.issuer && (issuer != "" || b.named) { // RFC 9207
		return entry{}, fmt.Errorf("the answer is not of %s but of another identity provider", b.issuer)
	}
	switch failure := answer.Get("error"); failure {
	case "":
	case "access_denied":
		return entry{}, fmt.Errorf("the login was cancelled, or refused by %s", b.issuer)
	default:
		return entry{}, fmt.Errorf("the identity provider %s refuses the login: %.64q: %s", b.issuer, failure,
			printable(answer.Get("error_description")))
	}
	code := answer.Get("code")
	if code == "" {
		return entry{}, errors.New("the answer of the identity provider has no code")
	}
	return b.redeem(ctx, code)
}
