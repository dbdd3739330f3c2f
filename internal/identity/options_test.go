// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package identity_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/internal/identity"
)

var _ = Describe("The options of accounts", func() {
	files := identity.TLS{CertFile: "tls.crt", KeyFile: "tls.key", CAFile: "ca.crt"}

	DescribeTable("SIG-2", func(o identity.Options, wrong string) {
		if wrong == "" {
			Expect(o.Validate()).To(Succeed())
			return
		}
		Expect(o.Validate()).To(MatchError(ContainSubstring(wrong)))
	},
		Entry("may be missing", identity.Options{}, ""),
		Entry("may be complete", identity.Options{Address: "dex.dex.svc:5557", TLS: files, MinLength: 12}, ""),
		Entry("may have no files on the same host", identity.Options{Address: "127.0.0.1:5557", MinLength: 8}, ""),
		Entry("need files elsewhere", identity.Options{Address: "dex.dex.svc:5557", MinLength: 12}, "--accounts-tls-cert-file"),
		Entry("need all files", identity.Options{Address: "localhost:5557", TLS: identity.TLS{CAFile: "ca.crt"}, MinLength: 12}, "must all be set"),
		Entry("need a port", identity.Options{Address: "dex", TLS: files, MinLength: 12}, "--accounts-address"),
		Entry("need an address", identity.Options{TLS: files}, "--accounts-address is missing"),
		Entry("ask for no short passwords", identity.Options{Address: "dex:5557", TLS: files, MinLength: 7}, "must be from 8 to 72"),
		Entry("ask nobody without TLS", identity.Options{Address: "dex:5557", TLS: files, MinLength: 12, BreachedURL: "http://list.example/"},
			"https URL"),
	)
})
