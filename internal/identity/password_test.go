// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package identity_test

import (
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/internal/identity"
)

const good = "grapefruit-Verona-tuning-9"

var _ = Describe("A password", func() {
	policy := identity.NewPolicy(identity.Options{MinLength: 12})

	DescribeTable("SIG-2 is refused", func(ctx SpecContext, password string, problem identity.Problem) {
		Expect(policy.Check(ctx, password, "nora.roca@acme.example", "Nora Roca", "Acme S.A.")).To(Equal(problem))
	},
		Entry("unless it is easy", good, identity.Problem("")),
		Entry("unless blanks are all that separates its words", "grapefruit Verona tuning", identity.Problem("")),
		Entry("unless accents are all that is special", "albaricoque añil tímpano", identity.Problem("")),
		Entry("if it is empty", "", identity.ProblemMissing),
		Entry("if it is short, in characters", "äöüßäöüß-ñ!", identity.ProblemShort),
		Entry("if it is longer than what bcrypt takes into account", strings.Repeat("Gr4pefruit ", 7), identity.ProblemLong),
		Entry("if it is longer in bytes", strings.Repeat("ñ", 37), identity.ProblemLong),
		Entry("if it is not in the composed form of Unicode", "n\u0303andu-Verona-tuning", identity.ProblemForm),
		Entry("if it is no text", "grapefruit\xffVerona-9", identity.ProblemForm),
		Entry("if it contains a line break", "grapefruit\nVerona-9", identity.ProblemForm),
		Entry("if it is common", "password1234", identity.ProblemWeak),
		Entry("if it repeats itself", "abcabcabcabc", identity.ProblemWeak),
		Entry("if it is what others know of the person", "nora.roca.acme", identity.ProblemWeak),
	)

	It("SIG-2 becomes a hash that nobody prints", func(ctx SpecContext) {
		hash, err := policy.Hash(ctx, good)
		Expect(err).NotTo(HaveOccurred())
		Expect(hash.IsZero()).To(BeFalse())
		Expect(fmt.Sprintf("%s %v %+v %#v", hash, hash, struct{ H identity.Hash }{hash}, hash)).NotTo(ContainSubstring("2a"))
	})
})

var _ = Describe("The list of breached passwords", func() {
	sum := sha1.Sum([]byte(good))
	digits := strings.ToUpper(hex.EncodeToString(sum[:]))
	policyFor := func(answer http.HandlerFunc) *identity.Policy {
		list := httptest.NewServer(answer)
		DeferCleanup(list.Close)
		return identity.NewPolicy(identity.Options{MinLength: 12, BreachedURL: list.URL + "/range/"})
	}

	It("SIG-2 is told five digits, and knows the rest", func(ctx SpecContext) {
		var asked []string
		policy := policyFor(func(w http.ResponseWriter, r *http.Request) {
			asked = append(asked, r.RequestURI)
			fmt.Fprintf(w, "0018A45C4D1DEF81644B54AB7F969B88D65:1\r\n%s:7\r\n", digits[5:])
		})
		Expect(policy.Check(ctx, good)).To(Equal(identity.ProblemBreached))
		Expect(policy.Check(ctx, "password1234")).To(Equal(identity.ProblemWeak))
		Expect(asked).To(Equal([]string{"/range/" + digits[:5]}), "nothing else is sent, and only about what is good otherwise")
	})

	It("SIG-2 accepts what it does not list, padding included", func(ctx SpecContext) {
		policy := policyFor(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintf(w, "%s:0\r\n", digits[5:]) })
		Expect(policy.Check(ctx, good)).To(BeEmpty())
	})

	It("SIG-2 keeps nobody from choosing a password while it does not answer", func(ctx SpecContext) {
		policy := policyFor(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) })
		Expect(policy.Check(ctx, good)).To(BeEmpty())
	})
})
