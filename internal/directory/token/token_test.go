// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package token_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/internal/directory/token"
)

func TestToken(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "Token")
}

var _ = Describe("A token of a directory", func() {
	now := time.Date(2026, 11, 30, 10, 0, 0, 0, time.UTC)

	kept := func(e token.Entry) []byte {
		GinkgoHelper()
		body, err := json.Marshal(e)
		Expect(err).NotTo(HaveOccurred())
		return body
	}

	It("DIR-2 is found by its hash, and kept as its hash alone", func() {
		secret, entry := token.New(now, time.Time{})
		other, _ := token.New(now, time.Time{})
		Expect(secret).To(MatchRegexp(`^usher_dir_[A-Za-z0-9_-]{43}$`))
		Expect(secret).NotTo(Equal(other))
		Expect(string(kept(entry))).NotTo(ContainSubstring(strings.TrimPrefix(secret, token.Prefix)))
		set, err := token.Read(map[string][]byte{"entra": kept(entry), "git": []byte("sha256:" + strings.Repeat("0", 64) + "\n")})
		Expect(err).NotTo(HaveOccurred())
		Expect(set.Find(secret, now)).To(Equal("entra"))
		for _, wrong := range []string{other, "", secret + "x", entry.Hash, strings.Repeat("x", 1<<20)} {
			_, err := set.Find(wrong, now)
			Expect(err).To(MatchError(token.ErrUnknown))
		}
	})

	It("DIR-2 expires", func() {
		secret, entry := token.New(now, now.Add(time.Hour))
		set := token.Set{"entra": entry}
		Expect(set.Find(secret, now)).To(Equal("entra"))
		_, err := set.Find(secret, now.Add(time.Hour))
		Expect(err).To(MatchError(token.ErrUnknown))
	})

	It("DIR-2 opens nothing while it is paused", func() {
		secret, entry := token.New(now, time.Time{})
		entry.Paused = true
		_, err := token.Set{"entra": entry}.Find(secret, now)
		Expect(err).To(MatchError(token.ErrUnknown))
	})

	It("DIR-2 is found although the one beside it is not in order", func() {
		secret, entry := token.New(now, time.Time{})
		set, err := token.Read(map[string][]byte{"entra": kept(entry), "Okta_1": []byte(entry.Hash)})
		Expect(err).To(MatchError(ContainSubstring(`"Okta_1" cannot be the name of a token`)))
		Expect(set.Find(secret, now)).To(Equal("entra"))
	})

	It("DIR-2 has at most one beside it", func() {
		hash := []byte("sha256:" + strings.Repeat("0", 64))
		_, err := token.Read(map[string][]byte{"a": hash, "b": hash, "c": hash})
		Expect(err).To(MatchError(ContainSubstring("at most 2")))
	})

	DescribeTable("DIR-2 is refused, without being quoted, if it is kept as something else", func(value string) {
		_, err := token.Read(map[string][]byte{"entra": []byte(value)})
		Expect(err).To(MatchError(ContainSubstring(`the token "entra" is not kept as its hash`)))
		Expect(err.Error()).NotTo(ContainSubstring("secret"))
	},
		Entry("itself", "usher_dir_secret"), Entry("broken JSON", `{"hash": "secret`), Entry("JSON without a hash", `{}`), Entry("nothing", ""),
	)

	DescribeTable("DIR-2 opens nothing while it has fields that nobody reads", func(field string) {
		set, err := token.Read(map[string][]byte{"entra": []byte(`{"hash": "sha256:` + strings.Repeat("0", 64) + `", ` + field + `}`)})
		Expect(err).To(MatchError(ContainSubstring(`the token "entra" has a field twice, or one other than hash, creationTime, expirationTime`)))
		Expect(err.Error()).NotTo(ContainSubstring("secret"))
		Expect(set).To(BeEmpty())
	},
		Entry("a misspelt one", `"expirationtime": "2027-11-30T10:00:00Z"`), Entry("an unknown one", `"secret": "secret"`),
		Entry("one twice", `"paused": true, "paused": false`),
	)
})
