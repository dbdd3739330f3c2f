// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package gateway_test

import (
	"bytes"
	"encoding/base64"
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"github.com/usher-operator/usher/internal/gateway"
)

// FuzzCheckURL checks that messages, which contain names and addresses, leave the host in TLS only, and that no refusal repeats a password or
// a query.
func FuzzCheckURL(f *testing.F) {
	for _, raw := range []string{
		"https://sms.acme.example/messages", "http://127.0.0.1:1", "http://localhost/", "http://[::1]/", "http://10.0.0.1", "https://u:secretword@x/",
		"https://x/?key=secretword", "ftp://u:secretword@x", "//x", "", "http://u:secretword@x:%31/", "https://secretword\x7f", "https://u:secretword@",
	} {
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		err := gateway.CheckURL(raw)
		u, parsed := url.Parse(raw)
		if err == nil {
			if parsed != nil || u.User != nil || u.Scheme != "https" && (u.Scheme != "http" || !isNear(u.Hostname())) {
				t.Fatalf("%q is accepted", raw)
			}
			return
		}
		if parsed != nil {
			if strings.Contains(raw, "secretword") && strings.Contains(err.Error(), "secretword") {
				t.Fatal(err)
			}
			return
		}
		if password, is := u.User.Password(); is && len(password) > 8 && !strings.Contains(u.Host+u.Path, password) &&
			strings.Contains(err.Error(), password) {
			t.Fatal(err)
		}
	})
}

// isNear reports whether a host is this machine.
func isNear(host string) bool {
	address, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && address.Unmap().IsLoopback()
}

// FuzzParseKey checks that a key is the bytes that another decoder sees, and that no refusal repeats it.
func FuzzParseKey(f *testing.F) {
	for _, content := range []string{"whsec_" + base64.StdEncoding.EncodeToString(bytes.Repeat([]byte("k"), 32)), "whsec_", "short", " \n", strings.Repeat("k", 64)} {
		f.Add(content)
	}
	f.Fuzz(func(t *testing.T, content string) {
		key, err := gateway.ParseKey(content)
		text := strings.TrimSpace(content)
		if err != nil {
			if len(text) >= 16 && strings.Contains(err.Error(), text) {
				t.Fatal(err)
			}
			return
		}
		if encoded, is := strings.CutPrefix(text, "whsec_"); is {
			if decoded, err := base64.StdEncoding.DecodeString(encoded); err != nil || !bytes.Equal(decoded, key) {
				t.Fatalf("%q is the key %x: %v", content, key, err)
			}
		}
		if len(key) < 16 {
			t.Fatalf("a key of %d bytes", len(key))
		}
	})
}
