// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package login

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"unicode"
)

// FuzzCallback answers a login with anything. Only an answer with the login's state and no other issuer gets as far as the code, nothing of an
// answer is on the page, and what the terminal says of it does not move the cursor.
func FuzzCallback(f *testing.F) {
	for _, query := range []string{
		"state=s&code=c", "state=s&code=c&iss=https://login.acme.example", "state=s&code=c&iss=https://evil.example", "state=t&code=c", "",
		"state=s&error=access_denied", "state=s&error=%1b[2J&error_description=%1b[31m%c2%9b%7f%0d%0a", "state=s&state=t&code=c", "state=s;code=c", "%zz",
	} {
		f.Add("/", query)
	}
	f.Add("//", "state=s&code=c")
	f.Fuzz(func(t *testing.T, path, query string) {
		redeemed := ""
		b := &callback{state: "s", issuer: "https://login.acme.example", done: make(chan result, 1), redeem: func(_ context.Context, code string) (entry, error) {
			redeemed = code
			return entry{IDToken: "token"}, nil
		}}
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.URL = &url.URL{Path: path, RawQuery: query}
		w := httptest.NewRecorder()
		b.ServeHTTP(w, r)
		answer := r.URL.Query()
		if redeemed != "" && (path != "/" || !isOwn(answer, b.issuer)) {
			t.Fatalf("%q is redeemed", query)
		}
		for _, values := range answer {
			for _, value := range values {
				if len(value) >= 16 && strings.Contains(w.Body.String(), value) {
					t.Fatalf("%q is on the page", value)
				}
			}
		}
		select {
		case got := <-b.done:
			if got.err != nil && strings.ContainsFunc(got.err.Error(), unicode.IsControl) {
				t.Fatalf("%q would move the cursor", got.err)
			}
		default:
			if w.Code == http.StatusOK {
				t.Fatalf("%q is answered with %d", query, w.Code)
			}
		}
	})
}

// isOwn reports whether an answer is the one that the login waits for.
func isOwn(answer url.Values, issuer string) bool {
	from := answer.Get("iss")
	return answer.Get("state") == "s" && (from == "" || from == issuer) && answer.Get("error") == ""
}
