// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"
)

func TestCertificatesLastAndAreMadeAnewInTime(t *testing.T) {
	p, now := paths{root: t.TempDir()}, time.Now()
	read := func() string {
		t.Helper()
		content, err := os.ReadFile(p.pki("server.crt"))
		if err != nil {
			t.Fatal(err)
		}
		return string(content)
	}
	ensure := func(at time.Time) string {
		t.Helper()
		if err := ensurePKI(p, at); err != nil {
			t.Fatal(err)
		}
		return read()
	}
	first := ensure(now)
	if ensure(now.Add(24*time.Hour)) != first {
		t.Error("certificates that last were replaced")
	}
	second := ensure(now.Add(certificateLife - renewBefore + time.Hour))
	if second == first {
		t.Error("certificates that end soon were kept")
	}
	if err := os.Remove(p.pki("sa.key")); err != nil {
		t.Fatal(err)
	}
	if ensure(now.Add(certificateLife)) == second {
		t.Error("an incomplete set was kept")
	}
	if info, err := os.Stat(p.pki("ca.key")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("others may read the key of the authority: %v, %v", info.Mode(), err)
	}
}

func TestExpires(t *testing.T) {
	payload := base64.RawURLEncoding.EncodeToString([]byte(`{"exp":1700000000}`))
	if got := expires("h." + payload + ".s"); got.Unix() != 1700000000 {
		t.Errorf("got %v", got)
	}
	for _, token := range []string{"", "a.b", "a.!.c", "a.e30.c"} {
		if !expires(token).IsZero() {
			t.Errorf("%q has no expiry", token)
		}
	}
}

func TestTokenIsFoundInItsKubeconfig(t *testing.T) {
	p := paths{root: t.TempDir()}
	if err := ensurePKI(p, time.Now()); err != nil {
		t.Fatal(err)
	}
	if err := writeTokenKubeconfig(p, newState(), p.operatorKubeconfig(), "operator", "a.b.c"); err != nil {
		t.Fatal(err)
	}
	if got := tokenIn(p.operatorKubeconfig()); got != "a.b.c" {
		t.Errorf("got %q", got)
	}
	if got := tokenIn(p.kubeconfig()); got != "" {
		t.Errorf("a missing file has the token %q", got)
	}
}

func TestGetSaysWhatWasAnswered(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer good" {
			http.Error(w, "who are you?", http.StatusUnauthorized)
		}
	}))
	defer server.Close()
	if err := get(t.Context(), plainClient(), server.URL, "good"); err != nil {
		t.Error(err)
	}
	err := get(t.Context(), plainClient(), server.URL, "bad")
	if err == nil || !strings.Contains(err.Error(), "401") || !strings.Contains(err.Error(), "who are you?") {
		t.Errorf("got %v", err)
	}
}
