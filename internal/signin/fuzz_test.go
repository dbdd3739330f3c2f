// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package signin

import (
	"bytes"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"

	"github.com/usher-operator/usher/internal/emailaddr"
)

// FuzzIdentify reads the claims of any ID token. Whoever it identifies has the address that the token vouches for, as a parser sees it that
// distinguishes upper and lower case in names, as JSON does.
func FuzzIdentify(f *testing.F) {
	for _, body := range []string{
		`{"email":"ana@acme.example","email_verified":true,"name":"Ana","phone_number":"+34600000000"}`,
		`{"email":"ana@acme.example","email_verified":"true","azp":"usher"}`, `{"email":"ana@acme.example","email_verified":1}`,
		`{"email":"ana@acme.example"}`, `{"email":["ana@acme.example"],"email_verified":null}`, `{}`, `null`, `[]`,
		`{"email":"ana@acme.example","email_verified":"True"}`,
		`{"email":"eva@acme.example","email_verified":true,"Email":"ana@acme.example"}`, `{"EMAIL":"ana@acme.example","Email_Verified":true}`, `{"email":"ana@\u212aacme.example","email_verified":true,"azp":"other"}`,
	} {
		f.Add([]byte(body), "nonce", "subject", false)
		f.Add([]byte(body), "", "", true)
	}
	f.Fuzz(func(t *testing.T, body []byte, nonce, subject string, assumed bool) {
		p := Provider{IssuerURL: "https://login.acme.example", ClientID: "usher", AllowedDomains: []string{"acme.example"}}
		if assumed {
			p.EmailVerified = EmailVerifiedAssumed
		}
		var c claims
		var said map[string]any
		if json.Unmarshal(body, &c) != nil {
			return
		}
		if err := json.Unmarshal(body, &said); err != nil {
			t.Fatalf("%s is read, but is no object: %v", body, err)
		}
		token := &oidc.IDToken{Subject: subject, Nonce: "nonce", Audience: []string{"usher"}, IssuedAt: time.Unix(1, 0)}
		if p.isOurs(token, c, nonce) != nil {
			return
		}
		i, err := p.identify(token, c)
		if err != nil {
			if !errors.Is(err, ErrDomain) && i != (Identity{}) {
				t.Fatalf("%+v with the error %v", i, err)
			}
			return
		}
		if nonce != "nonce" || subject == "" || i.Subject != subject || i.Provider != p.IssuerURL {
			t.Fatalf("%s identifies %+v", body, i)
		}
		checkVouched(t, p, i, said)
	})
}

// checkVouched checks that a token vouches for the address of an identity.
func checkVouched(t *testing.T, p Provider, i Identity, said map[string]any) {
	if said["email"] != i.Email || !emailaddr.Valid(i.Email) || !p.Allows(i.Email) {
		t.Fatalf("%v vouches for %q", said, i.Email)
	}
	verified, is := said["email_verified"]
	if verified != true && verified != "true" && (p.EmailVerified != EmailVerifiedAssumed || is && verified != nil) {
		t.Fatalf("%v does not say that %q is verified", said, i.Email)
	}
}

// oneKey is the key of each purpose.
type oneKey struct{}

func (oneKey) Derive(purpose string) ([][]byte, error) {
	key := bytes.Repeat([]byte("k"), 32)
	copy(key, purpose)
	return [][]byte{key}, nil
}

// FuzzCookie opens any cookie: only what was sealed for the same purpose opens, with every character as it was.
func FuzzCookie(f *testing.F) {
	// Sealed once, because sealing draws a nonce and every process of a fuzzer has to know the same cookie.
	const genuine = "ZElpZu679fxQy6OYCxggUBsyH5Mc3PEQBmY3aha_pMJ-5Qlo_6gNBHiK0idtwNGF8uprO5tAURss2yLKp5-BTYOQ2tx4Kg8lSiI1-mEVBB9PEePjn642jz-RjolO-Q"
	f.Add(genuine, "proof")
	f.Add(genuine, "attempt")
	f.Add(genuine+"\n", "proof")
	f.Add(genuine[:60]+"\r\n"+genuine[60:], "proof")
	f.Add(genuine[:len(genuine)-1]+"_", "proof")
	f.Add("", "")
	f.Fuzz(func(t *testing.T, text, purpose string) {
		var opened Identity
		err := NewSealer(oneKey{}, purpose).Open(text, &opened)
		if ours := text == genuine && purpose == "proof"; ours != (err == nil) {
			t.Fatalf("%q for %q: %+v, %v", text, purpose, opened, err)
		}
		if err != nil && (!errors.Is(err, errSeal) || opened != (Identity{})) {
			t.Fatalf("%q leaves %+v and says %v", text, opened, err)
		}
	})
}

// FuzzIssuer checks that what is taken for an issuer is a URL that a browser reads in the same way, and that no refusal repeats a password.
func FuzzIssuer(f *testing.F) {
	for _, issuer := range []string{
		"https://login.acme.example", "https://login.acme.example/tenant/v2.0", "https://u:p@login.acme.example", "http://x", "https://a b", "",
		"https://[::1]:8443/", "https://login.acme.example?x", "https://login.acme.example\\@evil.example", "https:login.acme.example",
	} {
		f.Add(issuer)
	}
	f.Fuzz(func(t *testing.T, issuer string) {
		err := CheckIssuer(issuer)
		if err == nil {
			host := hostOf(issuer)
			if host == "" || !bytes.HasPrefix(bytes.ToLower([]byte(issuer)), []byte("https://")) || bytes.ContainsAny([]byte(host), "\\@/?#") {
				t.Fatalf("%q has the host %q", issuer, host)
			}
		}
	})
}
