// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package portal

import (
	"net/http"
	"net/netip"
	"strings"
	"testing"
)

// FuzzClientAddress checks that nobody but a trusted proxy decides whom the limits count, and that the address counted is the connection's or
// one that the proxies name.
func FuzzClientAddress(f *testing.F) {
	for _, forwarded := range []string{"", "203.0.113.9", "203.0.113.9, 10.0.0.2", "10.0.0.2,10.0.0.3", "x, 203.0.113.9", "::ffff:10.0.0.1, [::1]", "fe80::1%eth0", ",,"} {
		f.Add("10.0.0.1:443", forwarded)
		f.Add("192.0.2.1:443", forwarded)
		f.Add("[::ffff:10.0.0.1]:1", forwarded)
	}
	trusted := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
	f.Fuzz(func(t *testing.T, remote, forwarded string) {
		r := &http.Request{RemoteAddr: remote, Header: http.Header{"X-Forwarded-For": {forwarded}}}
		client := clientAddress(r, trusted)
		direct, err := netip.ParseAddrPort(remote)
		if err != nil {
			return
		}
		if !contains(trusted, direct.Addr()) {
			if client != direct.Addr().Unmap() {
				t.Fatalf("%s says that it is %s", remote, client)
			}
			return
		}
		named := client == direct.Addr().Unmap()
		for hop := range strings.SplitSeq(forwarded, ",") {
			if address, err := netip.ParseAddr(strings.TrimSpace(hop)); err == nil {
				named = named || address.Unmap() == client
			}
		}
		if !named {
			t.Fatalf("%s with %q is %s", remote, forwarded, client)
		}
	})
}
