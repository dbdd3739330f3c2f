// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package login_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"io"
	"log"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// hostile is a provider that issues what a spec wants: Dex, with which test/login logs in, would refuse to.
type hostile struct {
	*httptest.Server
	key *rsa.PrivateKey

	mutex sync.Mutex
	// claims replace those of ID tokens; answer replaces parameters of the redirect.
	claims map[string]any
	answer url.Values
	// refuse is the error of the token endpoint for refresh tokens; busy is a status that it answers instead; zero: none.
	refuse string
	busy   int
	// named has the provider say that each answer names it (RFC 9207).
	named bool
	// silent has no ID token in answers to refresh tokens.
	silent bool
	// logins, refreshes and revoked are what has been asked for.
	logins, refreshes int
	revoked           []string
	// pending are codes, with what the login asked for.
	pending map[string]url.Values
	life    time.Duration
}

func newHostile() *hostile {
	GinkgoHelper()
	h := &hostile{claims: map[string]any{}, pending: map[string]url.Values{}, life: time.Hour}
	var err error
	h.key, err = rsa.GenerateKey(rand.Reader, 2048)
	Expect(err).NotTo(HaveOccurred())
	mux := http.NewServeMux()
	mux.HandleFunc("/.well-known/openid-configuration", h.discovery)
	mux.HandleFunc("/keys", h.keys)
	mux.HandleFunc("/auth", h.auth)
	mux.HandleFunc("/token", h.token)
	mux.HandleFunc("/revoke", h.revoke)
	h.Server = httptest.NewUnstartedServer(mux)
	h.Config.ErrorLog = log.New(io.Discard, "", 0)
	h.StartTLS()
	DeferCleanup(h.Close)
	return h
}

func (h *hostile) ca() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: h.Certificate().Raw})
}

func reply(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}

func (h *hostile) discovery(w http.ResponseWriter, _ *http.Request) {
	reply(w, http.StatusOK, map[string]any{
		"issuer": h.URL, "authorization_endpoint": h.URL + "/auth", "token_endpoint": h.URL + "/token", "jwks_uri": h.URL + "/keys",
		"revocation_endpoint": h.URL + "/revoke", "id_token_signing_alg_values_supported": []string{"RS256"},
		"authorization_response_iss_parameter_supported": h.named,
	})
}

func (h *hostile) keys(w http.ResponseWriter, _ *http.Request) {
	reply(w, http.StatusOK, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: h.key.Public(), KeyID: "1", Algorithm: "RS256", Use: "sig"}}})
}

// auth logs everybody in and sends them back.
func (h *hostile) auth(w http.ResponseWriter, r *http.Request) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	asked := r.URL.Query()
	code := rand.Text()
	h.pending[code] = asked
	back := url.Values{"state": {asked.Get("state")}, "code": {code}}
	maps.Copy(back, h.answer)
	http.Redirect(w, r, asked.Get("redirect_uri")+"?"+back.Encode(), http.StatusFound)
}

func (h *hostile) token(w http.ResponseWriter, r *http.Request) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	refresh := r.FormValue("grant_type") == "refresh_token"
	asked := h.pending[r.FormValue("code")]
	delete(h.pending, r.FormValue("code"))
	proof := sha256.Sum256([]byte(r.FormValue("code_verifier")))
	switch {
	case refresh && h.busy != 0:
		reply(w, h.busy, map[string]string{"error": "temporarily_unavailable"})
		return
	case refresh && h.refuse != "":
		reply(w, http.StatusBadRequest, map[string]string{"error": h.refuse, "error_description": "secret words"})
		return
	case refresh:
		h.refreshes++
	case asked == nil, asked.Get("code_challenge_method") != "S256",
		asked.Get("code_challenge") != base64.RawURLEncoding.EncodeToString(proof[:]):
		reply(w, http.StatusBadRequest, map[string]string{"error": "invalid_grant"})
		return
	default:
		h.logins++
	}
	answer := map[string]any{"access_token": "opaque", "token_type": "bearer", "refresh_token": rand.Text(), "expires_in": 3600}
	if !refresh || !h.silent {
		answer["id_token"] = h.sign(asked.Get("nonce"))
	}
	reply(w, http.StatusOK, answer)
}

func (h *hostile) sign(nonce string) string {
	claims := map[string]any{
		"iss": h.URL, "sub": "42", "aud": "kubectl", "email": "nora@acme.example", "nonce": nonce, "jti": rand.Text(),
		"iat": time.Now().Unix(), "exp": time.Now().Add(h.life).Unix(),
	}
	maps.Copy(claims, h.claims)
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: jose.JSONWebKey{Key: h.key, KeyID: "1"}}, nil)
	if err != nil {
		panic(err)
	}
	content, _ := json.Marshal(claims)
	signed, err := signer.Sign(content)
	if err != nil {
		panic(err)
	}
	token, err := signed.CompactSerialize()
	if err != nil {
		panic(err)
	}
	return token
}

func (h *hostile) revoke(w http.ResponseWriter, r *http.Request) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	h.revoked = append(h.revoked, r.FormValue("token"))
	w.WriteHeader(http.StatusOK)
}
