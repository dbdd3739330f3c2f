// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Package provider is an OpenID provider in process, whose tokens a spec can forge as it likes.
package provider

import (
	"crypto"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"time"
)

// Provider is an OpenID provider. Fields may be set between requests.
type Provider struct {
	// Server is its server, with TLS.
	Server *httptest.Server
	// Claims are those of whoever signs in, beside those that the provider sets. A nil value removes a claim that it sets.
	Claims map[string]any
	// Forge, if set, returns the token in the place of the signed one: from its claims, and the provider.
	Forge func(p *Provider, claims map[string]any) string
	// UserInfo, if not nil, are the claims of the userinfo endpoint, beside the subject. Text in UserInfoError is an error in their place.
	UserInfo      map[string]any
	UserInfoError string
	// Metadata are fields of the discovery document, beside or in place of its own.
	Metadata map[string]any
	// Answer, if set, changes what the browser brings back.
	Answer func(url.Values)
	// Broken has every request but the authorization fail.
	Broken bool

	key *rsa.PrivateKey

	mu    sync.Mutex
	codes map[string]request
	// Asked counts requests by their path.
	asked map[string]int
	// last is the last authorization request.
	last url.Values
	// secret is the client secret of the last code that was redeemed.
	secret string
}

// request is what a code was issued for.
type request struct{ clientID, nonce, challenge, redirect string }

// signingKey is the key of all providers in the process: to make one takes its time.
var signingKey = sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) })

// New returns a provider that runs until Close.
func New() (*Provider, error) {
	key, err := signingKey()
	if err != nil {
		return nil, err
	}
	p := &Provider{Claims: map[string]any{}, Metadata: map[string]any{}, key: key, codes: map[string]request{}, asked: map[string]int{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", p.discovery)
	mux.HandleFunc("GET /keys", p.keys)
	mux.HandleFunc("GET /auth", p.authorize)
	mux.HandleFunc("POST /token", p.token)
	mux.HandleFunc("GET /userinfo", p.userInfo)
	p.Server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		p.asked[r.URL.Path]++
		p.mu.Unlock()
		if p.Broken && r.URL.Path != "/auth" {
			http.Error(w, "out of order", http.StatusBadGateway)
			return
		}
		mux.ServeHTTP(w, r)
	}))
	return p, nil
}

// Close ends the provider.
func (p *Provider) Close() { p.Server.Close() }

// Issuer returns its URL.
func (p *Provider) Issuer() string { return p.Server.URL }

// CA returns the authority of its certificate, in PEM.
func (p *Provider) CA() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: p.Server.Certificate().Raw})
}

// Asked returns how many requests a path has had.
func (p *Provider) Asked(path string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.asked[path]
}

// LastAuthorization returns the parameters of the last authorization request.
func (p *Provider) LastAuthorization() url.Values {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.last
}

// LastSecret returns the client secret with which the last code was redeemed; empty: there was none.
func (p *Provider) LastSecret() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.secret
}

func (p *Provider) discovery(w http.ResponseWriter, _ *http.Request) {
	document := map[string]any{
		"issuer": p.Issuer(), "authorization_endpoint": p.Issuer() + "/auth", "token_endpoint": p.Issuer() + "/token",
		"jwks_uri": p.Issuer() + "/keys", "id_token_signing_alg_values_supported": []string{"RS256", "HS256", "none"},
	}
	if p.UserInfo != nil {
		document["userinfo_endpoint"] = p.Issuer() + "/userinfo"
	}
	maps.Copy(document, p.Metadata)
	answer(w, document)
}

func (p *Provider) keys(w http.ResponseWriter, _ *http.Request) {
	answer(w, map[string]any{"keys": []any{map[string]any{
		"kty": "RSA", "use": "sig", "kid": "1", "n": encode(p.key.N.Bytes()), "e": "AQAB",
	}}})
}

func (p *Provider) userInfo(w http.ResponseWriter, _ *http.Request) {
	if p.UserInfoError != "" {
		http.Error(w, p.UserInfoError, http.StatusForbidden)
		return
	}
	claims := map[string]any{"sub": "1"}
	maps.Copy(claims, p.UserInfo)
	answer(w, claims)
}

// authorize signs in at once, and leads back with a code.
func (p *Provider) authorize(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	code := rand.Text()
	p.mu.Lock()
	p.last = q
	p.codes[code] = request{q.Get("client_id"), q.Get("nonce"), q.Get("code_challenge"), q.Get("redirect_uri")}
	p.mu.Unlock()
	back := url.Values{"code": {code}, "state": {q.Get("state")}}
	if p.Answer != nil {
		p.Answer(back)
	}
	http.Redirect(w, r, q.Get("redirect_uri")+"?"+back.Encode(), http.StatusFound) //nolint:gosec // G710: as the spec says
}

// token redeems a code, once.
func (p *Provider) token(w http.ResponseWriter, r *http.Request) {
	_, secret, basic := r.BasicAuth()
	if !basic {
		secret = r.FormValue("client_secret")
	}
	p.mu.Lock()
	p.secret = secret
	asked, known := p.codes[r.FormValue("code")]
	delete(p.codes, r.FormValue("code"))
	p.mu.Unlock()
	sum := sha256.Sum256([]byte(r.FormValue("code_verifier")))
	if !known || asked.challenge != encode(sum[:]) || asked.redirect != r.FormValue("redirect_uri") {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusBadRequest)
		_, _ = w.Write([]byte(`{"error":"invalid_grant","error_description":"the code is secret-code"}`))
		return
	}
	now := time.Now()
	claims := map[string]any{
		"iss": p.Issuer(), "sub": "1", "aud": asked.clientID, "exp": now.Add(time.Hour).Unix(), "iat": now.Unix(), "nonce": asked.nonce,
		"email_verified": true,
	}
	maps.Copy(claims, p.Claims)
	maps.DeleteFunc(claims, func(_ string, v any) bool { return v == nil })
	forge := p.Forge
	if forge == nil {
		forge = (*Provider).Sign
	}
	answer(w, map[string]any{"access_token": "a", "token_type": "Bearer", "id_token": forge(p, claims)})
}

// Sign returns a token with the provider's signature.
func (p *Provider) Sign(claims map[string]any) string { return SignWith(p.key, claims) }

// SignWith returns a token with the signature of a key under the provider's key id.
func SignWith(key *rsa.PrivateKey, claims map[string]any) string {
	text := unsigned(map[string]any{"alg": "RS256", "kid": "1", "typ": "JWT"}, claims)
	sum := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
	if err != nil {
		panic(err)
	}
	return text + "." + encode(signature)
}

// Unsigned returns a token with the algorithm none.
func (p *Provider) Unsigned(claims map[string]any) string {
	return unsigned(map[string]any{"alg": "none", "typ": "JWT"}, claims) + "."
}

// Confused returns a token with an HMAC under the provider's public key, as PEM and as anybody can make it.
func (p *Provider) Confused(claims map[string]any) string {
	der, err := x509.MarshalPKIXPublicKey(&p.key.PublicKey)
	if err != nil {
		panic(err)
	}
	text := unsigned(map[string]any{"alg": "HS256", "kid": "1", "typ": "JWT"}, claims)
	mac := hmac.New(sha256.New, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
	mac.Write([]byte(text))
	return text + "." + encode(mac.Sum(nil))
}

func unsigned(header, claims map[string]any) string {
	h, _ := json.Marshal(header)
	c, _ := json.Marshal(claims)
	return strings.Join([]string{encode(h), encode(c)}, ".")
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func answer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v)
}
