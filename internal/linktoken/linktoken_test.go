// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package linktoken_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/types"

	"github.com/usher-operator/usher/internal/linktoken"
)

const (
	uid     = types.UID("7b1d3c52-3c0f-4b8e-9d55-0a4f6f2f3a11")
	address = "luis@acme.example"
)

// ring returns keys whose bytes follow from their names.
func ring(names ...string) *linktoken.Keys {
	GinkgoHelper()
	keys, err := linktoken.NewKeys(named(names...))
	Expect(err).NotTo(HaveOccurred())
	return keys
}

func named(names ...string) map[string][]byte {
	keys := map[string][]byte{}
	for _, name := range names {
		keys[name] = bytes.Repeat([]byte(name[len(name)-1:]), linktoken.KeySize)
	}
	return keys
}

func sign(keys *linktoken.Keys, purpose linktoken.Purpose, email string, sendCount int32) string {
	GinkgoHelper()
	token, err := keys.Sign(purpose, uid, email, sendCount)
	Expect(err).NotTo(HaveOccurred())
	return token
}

var _ = Describe("A token", func() {
	keys := ring("0001")

	It("ORG-21 contains the object, the address, the purpose and the send count", func() {
		claims, err := keys.Verify(linktoken.PurposeInvite, sign(keys, linktoken.PurposeInvite, address, 3))
		Expect(err).NotTo(HaveOccurred())
		Expect(claims.Purpose).To(Equal(linktoken.PurposeInvite))
		Expect(claims.UID).To(Equal(uid))
		Expect(claims.SendCount).To(BeEquivalentTo(3))
		Expect(claims.IsFor(address)).To(BeTrue())
		Expect(claims.IsFor("LUIS@acme.example")).To(BeTrue())
		Expect(claims.IsFor("eva@acme.example")).To(BeFalse())
	})

	It("is the same for the same claims and key, so that nothing has to be stored", func() {
		Expect(sign(keys, linktoken.PurposeInvite, address, 1)).To(Equal(sign(ring("0001"), linktoken.PurposeInvite, address, 1)))
	})

	It("differs by purpose, address, send count and key, and does not contain the address", func() {
		tokens := map[string]bool{}
		for _, k := range []*linktoken.Keys{keys, ring("0002")} {
			for _, purpose := range []linktoken.Purpose{linktoken.PurposeInvite, linktoken.PurposeConfirm} {
				for _, email := range []string{address, "eva@acme.example"} {
					for count := range int32(3) {
						token := sign(k, purpose, email, count)
						tokens[token] = true
						raw, err := base64.RawURLEncoding.DecodeString(token)
						Expect(err).NotTo(HaveOccurred())
						Expect(string(raw)).NotTo(ContainSubstring("acme"))
					}
				}
			}
		}
		Expect(tokens).To(HaveLen(2 * 2 * 2 * 3))
	})

	It("is valid for one purpose only", func() {
		_, err := keys.Verify(linktoken.PurposeConfirm, sign(keys, linktoken.PurposeInvite, address, 1))
		Expect(err).To(MatchError(linktoken.ErrBadToken))
		_, err = keys.Verify(linktoken.PurposeInvite, sign(keys, linktoken.PurposeConfirm, address, 1))
		Expect(err).To(MatchError(linktoken.ErrBadToken))
	})

	It("needs no escaping in the path of a URL", func() {
		Expect(sign(keys, linktoken.PurposeInvite, address, -1)).To(MatchRegexp("^[A-Za-z0-9_-]{90,110}$"))
	})

	It("is refused when any bit of it is changed", func() {
		raw, err := base64.RawURLEncoding.DecodeString(sign(keys, linktoken.PurposeInvite, address, 1))
		Expect(err).NotTo(HaveOccurred())
		for n := range raw {
			for bit := range 8 {
				altered := bytes.Clone(raw)
				altered[n] ^= 1 << bit
				_, err := keys.Verify(linktoken.PurposeInvite, base64.RawURLEncoding.EncodeToString(altered))
				Expect(err).To(MatchError(linktoken.ErrBadToken), "byte %d, bit %d", n, bit)
			}
		}
	})

	It("is refused when any character is replaced", func() {
		token := sign(keys, linktoken.PurposeInvite, address, 1)
		for n := range token {
			for _, other := range []string{"A", "B", "-", "_", "=", "+", "/", "\n", "\r", " ", "%", "ñ"} {
				if altered := token[:n] + other + token[n+1:]; altered != token {
					_, err := keys.Verify(linktoken.PurposeInvite, altered)
					Expect(err).To(MatchError(linktoken.ErrBadToken), "%q at %d", other, n)
				}
			}
		}
	})

	It("is refused when it is shortened or lengthened", func() {
		token := sign(keys, linktoken.PurposeInvite, address, 1)
		for n := range token {
			_, err := keys.Verify(linktoken.PurposeInvite, token[:n])
			Expect(err).To(MatchError(linktoken.ErrBadToken), "cut to %d", n)
		}
		for _, more := range []string{"A", "AAAA", "=", "\n", " "} {
			_, err := keys.Verify(linktoken.PurposeInvite, token+more)
			Expect(err).To(MatchError(linktoken.ErrBadToken), "with %q", more)
			_, err = keys.Verify(linktoken.PurposeInvite, more+token)
			Expect(err).To(MatchError(linktoken.ErrBadToken), "with %q before", more)
		}
		_, err := keys.Verify(linktoken.PurposeInvite, token[:8]+"\n"+token[8:])
		Expect(err).To(MatchError(linktoken.ErrBadToken), "with a line break inside")
	})

	It("is refused when it was signed with another key", func() {
		forger, err := linktoken.NewKeys(map[string][]byte{"0001": bytes.Repeat([]byte("x"), linktoken.KeySize)})
		Expect(err).NotTo(HaveOccurred())
		_, err = keys.Verify(linktoken.PurposeInvite, sign(forger, linktoken.PurposeInvite, address, 1))
		Expect(err).To(MatchError(linktoken.ErrBadToken), "a key of the same name")
		_, err = keys.Verify(linktoken.PurposeInvite, sign(ring("0002"), linktoken.PurposeInvite, address, 1))
		Expect(err).To(MatchError(linktoken.ErrBadToken), "a key that is not in the ring")
		for _, nonsense := range []string{"", "x", strings.Repeat("A", 99), strings.Repeat("_", 1<<16)} {
			_, err = keys.Verify(linktoken.PurposeInvite, nonsense)
			Expect(err).To(MatchError(linktoken.ErrBadToken))
		}
	})

	It("stays valid after a rotation of keys, until its own key is removed", func() {
		old := sign(ring("0001"), linktoken.PurposeInvite, address, 1)
		rotated := ring("0001", "0002")
		claims, err := rotated.Verify(linktoken.PurposeInvite, old)
		Expect(err).NotTo(HaveOccurred())
		Expect(claims.IsFor(address)).To(BeTrue())

		fresh := sign(rotated, linktoken.PurposeInvite, address, 1)
		Expect(fresh).To(Equal(sign(ring("0002"), linktoken.PurposeInvite, address, 1)), "the newest key signs")
		_, err = ring("0002").Verify(linktoken.PurposeInvite, old)
		Expect(err).To(MatchError(linktoken.ErrBadToken))
	})

	It("OPS-5 stays valid where its key has another name, and the ring's own key its former one", func() {
		key := linktoken.NewKey()
		there, err := linktoken.NewKeys(map[string][]byte{"0001": key})
		Expect(err).NotTo(HaveOccurred())
		here, err := linktoken.NewKeys(map[string][]byte{"0000-acme-0001": key, "0001": linktoken.NewKey()})
		Expect(err).NotTo(HaveOccurred())
		claims, err := here.Verify(linktoken.PurposeInvite, sign(there, linktoken.PurposeInvite, address, 1))
		Expect(err).NotTo(HaveOccurred())
		Expect(claims.IsFor(address)).To(BeTrue())

		_, err = there.Verify(linktoken.PurposeInvite, sign(here, linktoken.PurposeInvite, address, 1))
		Expect(err).To(MatchError(linktoken.ErrBadToken), "the ring's own key signs")
	})

	It("is the same for the digest of an address as for the address", func() {
		ring := &linktoken.KeyRing{}
		ring.Replace(keys)
		const uid = "8a7b1f1c-0000-4000-8000-000000000001"
		digest := linktoken.AddressDigest("Clara@Customer.example")
		Expect(digest).To(MatchRegexp("^[0-9a-f]{32}$"))
		token, err := ring.SignDigest(linktoken.PurposeAsker, uid, digest, 0)
		Expect(err).NotTo(HaveOccurred())
		Expect(ring.Sign(linktoken.PurposeAsker, uid, "clara@customer.example", 0)).To(Equal(token))
		claims, err := ring.Verify(linktoken.PurposeAsker, token)
		Expect(err).NotTo(HaveOccurred())
		Expect(claims.AddressDigest()).To(Equal(digest))
		_, err = ring.Verify(linktoken.PurposeQuestion, token)
		Expect(err).To(MatchError(linktoken.ErrBadToken))
		for _, wrong := range []string{"", "clara@customer.example", digest + "00"} {
			_, err = ring.SignDigest(linktoken.PurposeAsker, uid, wrong, 0)
			Expect(err).To(HaveOccurred())
		}
	})

	It("is not issued for a UID that is not a UUID", func() {
		_, err := keys.Sign(linktoken.PurposeInvite, "acme/team", address, 1)
		Expect(err).To(MatchError(ContainSubstring(`cannot sign a link for UID "acme/team"`)))
		_, err = keys.Sign(linktoken.PurposeInvite, "", address, 1)
		Expect(err).To(HaveOccurred())
	})
})

var _ = Describe("A key ring", func() {
	It("needs a key", func() {
		_, err := linktoken.NewKeys(nil)
		Expect(err).To(MatchError("the key ring is empty: add at least one key"))
	})

	It("is refused with the name of a key of the wrong length, but without the key", func() {
		secret := []byte("too-short-a-secret")
		_, err := linktoken.NewKeys(map[string][]byte{"0001": linktoken.NewKey(), "0002": secret})
		Expect(err).To(MatchError(`key "0002" has 18 bytes instead of 32`))
		Expect(fmt.Sprint(err)).NotTo(ContainSubstring(string(secret)))
	})

	It("gets keys that differ", func() {
		Expect(linktoken.NewKey()).To(HaveLen(linktoken.KeySize))
		Expect(linktoken.NewKey()).NotTo(Equal(linktoken.NewKey()))
	})
})
