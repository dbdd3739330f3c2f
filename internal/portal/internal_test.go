// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package portal

import (
	"net/netip"
	"regexp"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var placeholder = regexp.MustCompile(`\{[a-zA-Z]+\}`)

var _ = Describe("The catalogues", func() {
	It("have the same phrases with the same values in all languages", func() {
		files, err := localeFiles.ReadDir("locales")
		Expect(err).NotTo(HaveOccurred())
		Expect(files).To(HaveLen(len(locales)))
		english := locales[0].phrases
		for _, l := range locales {
			Expect(l.phrases).To(HaveLen(len(english)), l.tag)
			for key, phrase := range english {
				Expect(l.phrases[key]).NotTo(BeEmpty(), l.tag+" "+key)
				Expect(placeholder.FindAllString(l.phrases[key], -1)).To(
					ConsistOf(placeholder.FindAllString(phrase, -1)), l.tag+" "+key)
			}
			Expect(strings.Fields(l.phrases["weekdays"])).To(HaveLen(7), l.tag)
			Expect(strings.Fields(l.phrases["months"])).To(HaveLen(12), l.tag)
		}
	})
})

var _ = Describe("The limiter", func() {
	It("forgets clients that have been quiet, and never holds more than its bound", func() {
		l := newLimiter(1, 10)
		now := time.Unix(0, 0)
		address := netip.MustParseAddr("192.0.2.1")
		for range maxClients + 100 {
			l.allow(address, now)
			address = address.Next()
		}
		Expect(l.clients).To(HaveLen(maxClients))
		Expect(l.seen.Len()).To(Equal(maxClients))
		l.allow(address, now.Add(time.Minute))
		Expect(l.clients).To(HaveLen(1))
	})

	It("counts a client without an address too", func() {
		l := newLimiter(1, 1)
		Expect(l.allow(netip.Addr{}, time.Unix(0, 0))).To(BeTrue())
		Expect(l.allow(netip.Addr{}, time.Unix(0, 0))).To(BeFalse())
	})
})
