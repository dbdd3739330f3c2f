// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package effective_test

import (
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/testing/builders"
)

var _ = Describe("User names by address", func() {
	oidc := effective.Usernames{Prefix: "oidc:", Form: effective.UsernameUnicode}

	DescribeTable("ORG-28 are the normal form of the address, as the platform's flags map it", func(address, plain, prefixed string) {
		Expect(effective.Usernames{}.ForAddress(address)).To(Equal(plain))
		Expect(oidc.ForAddress(address)).To(Equal(prefixed))
	},
		Entry("", "nora.lopez@acme.example", "nora.lopez@acme.example", "oidc:nora.lopez@acme.example"),
		Entry("in capitals", "Nora.Lopez@Acme.Example", "nora.lopez@acme.example", "oidc:nora.lopez@acme.example"),
		Entry("international", "Ana@ESPAÑA.example", "ana@xn--espaa-rta.example", "oidc:ana@españa.example"),
		Entry("as in DNS", "ana@xn--espaa-rta.example", "ana@xn--espaa-rta.example", "oidc:ana@españa.example"),
		Entry("not a name in DNS", "ana@xn--a.example", "ana@xn--a.example", "oidc:ana@xn--a.example"),
	)

	It("ORG-28 are left as given in spec.username", func() {
		u := builders.OrgUser("acme", "ana").Username("Ana@Acme.Example").Obj()
		Expect(oidc.Of(u)).To(Equal("Ana@Acme.Example"))
	})

	DescribeTable("ORG-28 that are in force stay through other flags and an upgrade", func(change func(*v1alpha1.OrgUser), want string) {
		u := builders.OrgUser("acme", "nora").Email("Nora@Acme.Example").Existing().Obj()
		u.Status.State, u.Status.Username, u.Status.UsernameSource = v1alpha1.UserActive, "kc:nora@acme.example", v1alpha1.UsernameFromAddress
		u.Status.Conditions = []metav1.Condition{{Type: v1alpha1.ConditionAccepted, Status: metav1.ConditionTrue}}
		change(u)
		Expect(oidc.Of(u)).To(Equal(want))
	},
		Entry("after another prefix", func(*v1alpha1.OrgUser) {}, "kc:nora@acme.example"),
		Entry("while the organization is away", func(u *v1alpha1.OrgUser) { u.Status.State = v1alpha1.UserPending }, "kc:nora@acme.example"),
		Entry("when an earlier version wrote the address as it is spelled", func(u *v1alpha1.OrgUser) {
			u.Status.UsernameSource, u.Status.Username = "", "Nora@Acme.Example"
		}, "Nora@Acme.Example"),
		Entry("but not before the person has accepted", func(u *v1alpha1.OrgUser) {
			u.Status.UsernameSource, u.Status.Username, u.Status.Conditions = "", "Nora@Acme.Example", nil
		}, "oidc:nora@acme.example"),
		Entry("but not a name that was in spec.username", func(u *v1alpha1.OrgUser) {
			u.Status.UsernameSource, u.Status.Username = v1alpha1.UsernameFromSpec, "Nora@Acme.Example"
		}, "oidc:nora@acme.example"),
	)

	It("ORG-28 say in the status where they come from", func() {
		f := facts(builders.OrgUser("acme", "ana").Existing().Obj(), acme("bea"))
		Expect(named(f)).To(HaveExactElements("ana@acme.example", "Address"))
		f = facts(builders.OrgUser("acme", "ana").Username("kim").Existing().Obj(), acme("bea"))
		Expect(named(f)).To(HaveExactElements("kim", "Spec"))
		f.UsernameOwner, f.User.Status.State = "bea", v1alpha1.UserActive
		f.User.Status.Username, f.User.Status.UsernameSource = "ana@acme.example", v1alpha1.UsernameFromAddress
		Expect(named(f)).To(HaveExactElements("ana@acme.example", "Address"))
		f = facts(builders.OrgUser("acme", "ana").Obj(), acme("bea")) // pending
		Expect(named(f)).To(HaveExactElements("ana@acme.example", ""))
		f = facts(builders.OrgUser("acme", "ana").Limited().Obj(), acme("bea"))
		Expect(named(f)).To(HaveExactElements("", ""))
	})

	It("ORG-12 belong to one account, whether requested by the address or by name", func() {
		byName := account("old", 1, "oidc:nora@acme.example", "oidc:nora@acme.example")
		byAddress := builders.OrgUser("acme", "new").Email("Nora@Acme.Example").Existing().Obj()
		byAddress.CreationTimestamp = metav1.Unix(2, 0)
		Expect(oidc.Owns(byName, byAddress)).To(BeTrue())
		Expect(oidc.Owns(byAddress, byName)).To(BeFalse())
		Expect(effective.Usernames{}.Owns(byName, byAddress)).To(BeFalse(), "without the prefix it is another name")
	})

	DescribeTable("are never reserved ones, whatever the flags", func(names effective.Usernames, wrong string) {
		Expect(names.Validate()).To(MatchError(ContainSubstring(wrong)))
	},
		Entry("a reserved prefix", effective.Usernames{Prefix: "system:"}, `--username-prefix "system:" starts with system:`),
		Entry("the start of a reserved name", effective.Usernames{Prefix: "system:serviceaccount:acme:"}, "which Kubernetes reserves for itself"),
		Entry("a prefix with a space", effective.Usernames{Prefix: "oidc: "}, `--username-prefix "oidc: " contains whitespace`),
		Entry("a prefix that is too long", effective.Usernames{Prefix: strings.Repeat("x", 65)}, "--username-prefix is longer than 64 characters"),
		Entry("a variable that is not set", effective.Usernames{Prefix: "$(USERNAME_PREFIX)"}, "define that environment variable"),
		Entry("an unknown form", effective.Usernames{Form: "utf8"}, `--username-form "utf8" is unknown: set it to ascii or unicode`),
	)

	It("are valid with a prefix and either form", func() {
		for _, form := range []effective.UsernameForm{"", effective.UsernameASCII, effective.UsernameUnicode} {
			Expect(effective.Usernames{Prefix: "https://sso.acme.example#", Form: form}.Validate()).To(Succeed())
		}
	})

	It("tell which address they contain, with or without the prefix", func() {
		for _, name := range []string{"oidc:ana@acme.example", "ana@acme.example"} {
			address, has := oidc.AddressIn(name)
			Expect(has).To(BeTrue())
			Expect(address).To(Equal("ana@acme.example"))
		}
		_, has := oidc.AddressIn("system:serviceaccount:argocd:acme")
		Expect(has).To(BeFalse())
	})
})

// named returns the user name in force, and where it comes from.
func named(f effective.UserFacts) []string {
	in := effective.UserInForce(f)
	return []string{in.Username, string(effective.UsernameSourceOf(f, in))}
}
