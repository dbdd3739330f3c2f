// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package trust_test

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"strings"
	"testing"
	"time"

	"github.com/usher-operator/usher/internal/trust"
)

// authorityPEM is a fixed authority, valid from 2026 to 2036: every process of a fuzzer has to know the same one.
const authorityPEM = `-----BEGIN CERTIFICATE-----
MIIBVjCB/aADAgECAgEBMAoGCCqGSM49BAMCMBMxETAPBgNVBAMTCHVzaGVyLWNh
MB4XDTI2MDEwMTAwMDAwMFoXDTM2MDEwMTAwMDAwMFowEzERMA8GA1UEAxMIdXNo
ZXItY2EwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAARQKSzmDFu+eSGiXdmzdk4O
XxzMr+c8dldy8XDXsNJkU9uxrnQjQexolOB7LdIk/zu9LIZVQ4YH17WLP42EwxnT
o0IwQDAOBgNVHQ8BAf8EBAMCAgQwDwYDVR0TAQH/BAUwAwEB/zAdBgNVHQ4EFgQU
gGRVSl9i32gNTsaKXtRtKp8bYW4wCgYIKoZIzj0EAwIDSAAwRQIhANVHxyW/qGUc
acoDe2ysqGxlK9htWECexlRYFnXZyu5gAiAei0cHUrmj0euUPif+93wjTu90qqIp
VlboccNCRYCiaw==
-----END CERTIFICATE-----
`

// FuzzJoin joins bundles of authorities. The result holds certificates only, as another reader sees them, at most eight, none twice; and
// joined again, it stays what it is.
func FuzzJoin(f *testing.F) {
	now := time.Date(2027, time.January, 1, 0, 0, 0, 0, time.UTC)
	for _, bundle := range []string{
		authorityPEM, authorityPEM + authorityPEM, "junk\n" + authorityPEM, strings.Replace(authorityPEM, "CERTIFICATE", "PRIVATE KEY", 2), "",
		"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", authorityPEM[:200],
	} {
		f.Add([]byte(bundle), []byte(authorityPEM))
		f.Add([]byte(authorityPEM), []byte(bundle))
	}
	f.Fuzz(func(t *testing.T, inUse, others []byte) {
		joined := trust.Join(inUse, others, now)
		seen := map[string]bool{}
		count := 0
		for block, rest := pem.Decode(joined); block != nil; block, rest = pem.Decode(rest) {
			if c, err := x509.ParseCertificate(block.Bytes); err != nil || block.Type != "CERTIFICATE" {
				t.Fatalf("%s holds %v: %v", joined, c, err)
			}
			count++
			seen[string(block.Bytes)] = true
		}
		if pool := x509.NewCertPool(); pool.AppendCertsFromPEM(joined) != (count > 0) {
			t.Fatalf("another reader finds other authorities in %s", joined)
		}
		if len(inUse) == 0 && (count > 8 || len(seen) != count) {
			t.Fatalf("%d authorities, %d of them different", count, len(seen))
		}
		if again := trust.Join(joined, joined, now); !bytes.Equal(again, joined) {
			t.Fatalf("%s became %s", joined, again)
		}
	})
}
