// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package directory_test

import (
	"fmt"
	"slices"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/directory"
	"github.com/usher-operator/usher/internal/emailaddr"
	"github.com/usher-operator/usher/internal/scim"
)

// groupOf returns a directory's group that lists addresses, whose accounts are named after them.
func groupOf(emails ...string) *v1alpha1.OrgGroup {
	GinkgoHelper()
	addresses := map[string]string{}
	for _, email := range emails {
		addresses[emailaddr.ObjectName(email)] = email
	}
	return groupWith(addresses, emails...)
}

// groupWith returns a group whose members have addresses by their accounts.
func groupWith(addresses map[string]string, emails ...string) *v1alpha1.OrgGroup {
	GinkgoHelper()
	var members []any
	for _, email := range emails {
		for account, address := range addresses {
			if address == email {
				members = append(members, map[string]any{"value": account})
			}
		}
	}
	r := scim.Resource{"displayName": "Helpdesk", "members": members}
	g, err := directory.NewGroup("acme", r, created)
	Expect(err).NotTo(HaveOccurred())
	g.Name = "helpdesk"
	_, err = directory.ChangeGroup(g, r, addresses, created)
	Expect(err).NotTo(HaveOccurred())
	return g
}

func listed(g *v1alpha1.OrgGroup) []string {
	GinkgoHelper()
	members, err := directory.Members(g)
	Expect(err).NotTo(HaveOccurred())
	var found []string
	for _, m := range members {
		found = append(found, m.Account+" "+m.Address)
	}
	return found
}

var _ = Describe("A group of a directory", func() {
	const former, coming = "ana@acme.example", "ana.gil@acme.example"
	ana := emailaddr.ObjectName(former)

	It("DIR-6 lists both addresses of a member while one changes, and is the same group to the directory", func() {
		g := groupOf(former, "bea@acme.example")
		seen, err := directory.GroupResource(g, "x", true)
		Expect(err).NotTo(HaveOccurred())
		Expect(directory.Follow(g, ana, coming)).To(BeTrue())
		Expect(directory.Follow(g, ana, "Ana.Gil@ACME.example")).To(BeFalse(), "it does already")
		Expect(listed(g)).To(Equal([]string{ana + " " + former, emailaddr.ObjectName("bea@acme.example") + " bea@acme.example", ana + " " + coming}))
		after, err := directory.GroupResource(g, "x", true)
		Expect(err).NotTo(HaveOccurred())
		Expect(after["members"]).To(Equal(seen["members"]))

		By("and a change by the directory meanwhile keeps both")
		sent, err := directory.SentGroup(g)
		Expect(err).NotTo(HaveOccurred())
		eva := emailaddr.ObjectName("eva@acme.example")
		sent["members"] = append(sent["members"].([]any), map[string]any{"value": eva}) //nolint:forcetypeassert // a list
		Expect(directory.ChangeGroup(g, sent, map[string]string{eva: "eva@acme.example"}, later)).To(BeTrue())
		Expect(g.Spec.Members).To(HaveExactElements(BeEquivalentTo(former), BeEquivalentTo("bea@acme.example"), BeEquivalentTo(coming),
			BeEquivalentTo("eva@acme.example")))
	})

	It("DIR-6 keeps the address that is coming, and drops the former one when it is not in force any more", func() {
		g := groupOf(former, "bea@acme.example")
		Expect(directory.Follow(g, ana, coming)).To(BeTrue())
		Expect(directory.Settle(g, map[string]directory.Addresses{ana: {InForce: former, Coming: coming}})).To(BeFalse())
		Expect(directory.Settle(g, map[string]directory.Addresses{ana: {InForce: coming}})).To(BeTrue())
		Expect(g.Spec.Members).To(HaveExactElements(BeEquivalentTo(coming), BeEquivalentTo("bea@acme.example")))
		Expect(listed(g)[0]).To(Equal(ana+" "+coming), "the account stays the member")
		Expect(directory.Settle(g, map[string]directory.Addresses{ana: {InForce: coming}})).To(BeFalse())

		By("and the way back needs no note")
		Expect(directory.Settle(g, map[string]directory.Addresses{ana: {InForce: former}})).To(BeTrue())
		Expect(g.Annotations[v1alpha1.AnnotationDirectory]).NotTo(ContainSubstring("accounts"))
	})

	It("DIR-6 drops who has no account any more, so that the next one with the address is not in it", func() {
		g := groupOf(former, "bea@acme.example")
		Expect(directory.Settle(g, map[string]directory.Addresses{ana: {}})).To(BeTrue())
		Expect(g.Spec.Members).To(HaveExactElements(BeEquivalentTo("bea@acme.example")))
	})

	It("DIR-6 follows a member although it is full", func() {
		var emails []string
		for n := range directory.MaxMembers {
			emails = append(emails, fmt.Sprintf("p%d@acme.example", n))
		}
		addresses := map[string]string{}
		var ids []any
		for _, email := range emails {
			addresses[emailaddr.ObjectName(email)] = email
			ids = append(ids, map[string]any{"value": emailaddr.ObjectName(email)})
		}
		g := groupOf()
		sent, err := directory.SentGroup(g)
		Expect(err).NotTo(HaveOccurred())
		sent["members"] = ids
		Expect(directory.ChangeGroup(g, sent, addresses, created)).To(BeTrue())
		Expect(directory.Follow(g, emailaddr.ObjectName("p7@acme.example"), coming)).To(BeTrue())
		Expect(g.Spec.Members).To(HaveLen(directory.MaxMembers))
		Expect(g.Spec.Members).To(And(ContainElement(BeEquivalentTo(coming)), Not(ContainElement(BeEquivalentTo("p7@acme.example")))))
	})

	It("DIR-5 knows members who are not named after their addresses", func() {
		g := groupWith(map[string]string{"ana-7": former, emailaddr.ObjectName("bea@acme.example"): "bea@acme.example"}, former, "bea@acme.example")
		Expect(listed(g)).To(ConsistOf("ana-7 "+former, emailaddr.ObjectName("bea@acme.example")+" bea@acme.example"))
		sent, err := directory.SentGroup(g)
		Expect(err).NotTo(HaveOccurred())
		sent["members"] = []any{map[string]any{"value": ana}}
		Expect(directory.ChangeGroup(g, sent, map[string]string{ana: former}, later)).To(BeTrue())
		Expect(listed(g)).To(ConsistOf(ana+" "+former), "somebody else has the address now")
	})

	It("DIR-5 does not list one address for two members", func() {
		g := groupOf(former)
		sent, err := directory.SentGroup(g)
		Expect(err).NotTo(HaveOccurred())
		sent["members"] = append(sent["members"].([]any), map[string]any{"value": "ana-7"}) //nolint:forcetypeassert // a list
		_, err = directory.ChangeGroup(g, sent, map[string]string{"ana-7": "ANA@acme.example"}, later)
		Expect(err).To(MatchError(ContainSubstring("have the same address")))
	})

	It("DIR-5 has readable names, those of others excepted, and all of them fit", func() {
		names := slices.Collect(directory.GroupNames("Helpdesk (EU)"))
		Expect(names[0]).To(Equal("helpdesk-eu"))
		Expect(names).To(HaveLen(11))
		Expect(slices.Compact(slices.Sorted(slices.Values(names)))).To(HaveLen(11))
		Expect(slices.Collect(directory.GroupNames("HELPDESK (eu)"))).To(Equal(names))
		for _, name := range slices.Collect(directory.GroupNames("-ÄÖÜ" + fmt.Sprintf("%0200d", 7) + " -")) {
			Expect(name).To(MatchRegexp(`^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$`))
		}
	})

	It("DIR-5 says what to do when its annotation cannot be read", func() {
		g := groupOf(former)
		g.Annotations[v1alpha1.AnnotationDirectory] = "{"
		_, err := directory.Members(g)
		Expect(err).To(MatchError(ContainSubstring(`the annotation accounts.usher.dev/directory of the OrgGroup "helpdesk" cannot be read`)))
	})
})
