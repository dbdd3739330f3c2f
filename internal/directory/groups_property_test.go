// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package directory_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/directory"
	"github.com/usher-operator/usher/internal/emailaddr"
	"github.com/usher-operator/usher/internal/scim"
)

// fewPeople is how many people a made-up organization has: few, so that they meet often.
const fewPeople = 6

// model is what a group has to be like: who is in it, and which addresses people have.
type model struct {
	group   *v1alpha1.OrgGroup
	members map[string]bool
	// addresses are those in force by account; coming are those that the group is to list already.
	addresses, coming map[string]string
	random            *rand.Rand
	made              int
}

func newModel(seed uint64) *model {
	m := &model{
		group: groupOf(), members: map[string]bool{}, addresses: map[string]string{}, coming: map[string]string{},
		random: rand.New(rand.NewPCG(seed, 2)),
	}
	for n := range fewPeople {
		address := fmt.Sprintf("p%d@acme.example", n)
		m.addresses[emailaddr.ObjectName(address)] = address
	}
	return m
}

func (m *model) account() string {
	return emailaddr.ObjectName(fmt.Sprintf("p%d@acme.example", m.random.IntN(fewPeople)))
}

// step does one of the things that can happen to a group.
func (m *model) step() {
	GinkgoHelper()
	account := m.account()
	switch m.random.IntN(5) {
	case 0, 1: // the directory adds or removes somebody
		if m.members[account] = !m.members[account]; !m.members[account] {
			delete(m.members, account)
		}
		sent, err := directory.SentGroup(m.group)
		Expect(err).NotTo(HaveOccurred())
		var list []any
		for id := range m.members {
			list = append(list, map[string]any{"value": id})
		}
		sent["members"] = list
		_, err = directory.ChangeGroup(m.group, sent, m.addresses, later)
		Expect(err).NotTo(HaveOccurred())
	case 2: // somebody gets another address, which is listed first
		if m.coming[account] == "" {
			m.made++
			m.coming[account] = fmt.Sprintf("n%d@acme.example", m.made)
		}
		if m.members[account] {
			_, err := directory.Follow(m.group, account, m.coming[account])
			Expect(err).NotTo(HaveOccurred())
		}
	case 3: // the address comes into force
		if m.coming[account] != "" {
			m.addresses[account] = m.coming[account]
			delete(m.coming, account)
		}
	default:
		m.settle()
	}
}

func (m *model) settle() {
	GinkgoHelper()
	has := map[string]directory.Addresses{}
	for account, address := range m.addresses {
		has[account] = directory.Addresses{InForce: address, Coming: m.coming[account]}
	}
	_, err := directory.Settle(m.group, has)
	Expect(err).NotTo(HaveOccurred())
}

var _ = Describe("Whatever happens to a group of a directory", func() {
	It("DIR-5 DIR-6 has the members that the directory sent, and in the end their addresses in force", func() {
		for n := range 100 {
			m := newModel(uint64(GinkgoRandomSeed()) + uint64(n))
			for range 40 {
				m.step()
				sent, err := directory.SentGroup(m.group)
				Expect(err).NotTo(HaveOccurred())
				ids, err := directory.MemberIDs(sent)
				Expect(err).NotTo(HaveOccurred())
				Expect(ids).To(HaveLen(len(m.members)))
				for _, id := range ids {
					Expect(m.members).To(HaveKey(id))
				}
			}
			for account := range m.addresses {
				delete(m.coming, account)
			}
			m.settle()
			var want []string
			for account := range m.members {
				want = append(want, account+" "+m.addresses[account])
			}
			Expect(listed(m.group)).To(ConsistOf(want))
		}
	})
})

// FuzzGroup checks that whatever a directory sends about a group is refused, or kept and returned with the members that it has (DIR-5).
func FuzzGroup(f *testing.F) {
	f.Add([]byte(`{"externalId":"8aA1","displayName":"Helpdesk (EU)","members":[{"value":"u-1","$ref":null,"type":"User"}]}`))
	f.Add([]byte(`{"displayName":"\u202e","members":[{"value":"g","type":"group"}]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		r, err := scim.Groups().Decode(body)
		if err != nil {
			return
		}
		g, err := directory.NewGroup("acme", r, created)
		ids, faulty := directory.MemberIDs(r)
		if err != nil || faulty != nil {
			return
		}
		g.Name = "g"
		addresses := map[string]string{}
		for n, id := range ids {
			addresses[id] = fmt.Sprintf("p%d@acme.example", n)
		}
		if _, err := directory.ChangeGroup(g, r, addresses, created); err != nil {
			t.Fatal(err)
		}
		checkKept(t, g, r, ids)
		for name := range directory.GroupNames(directory.GroupName(r)) {
			if !directory.IsName(name) || len(name) > 63 {
				t.Fatalf("%q has the name %q", directory.GroupName(r), name)
			}
		}
	})
}

// checkKept checks that a group is the same after it was stored.
func checkKept(t *testing.T, g *v1alpha1.OrgGroup, r scim.Resource, ids []string) {
	stored, _ := json.Marshal(g)
	var again v1alpha1.OrgGroup
	if err := json.Unmarshal(stored, &again); err != nil {
		t.Fatal(err)
	}
	sent, err := directory.SentGroup(&again)
	if err != nil {
		t.Fatal(err)
	}
	kept, err := directory.MemberIDs(sent)
	if err != nil || len(kept) != len(ids) || len(ids) > 0 && !reflect.DeepEqual(kept, ids) {
		t.Fatalf("%s: %v became %v: %v", stored, ids, kept, err)
	}
	for _, attribute := range []string{"displayName", "externalId"} {
		if !reflect.DeepEqual(sent[attribute], r[attribute]) {
			t.Fatalf("%s: %s became %v", stored, attribute, sent[attribute])
		}
	}
	if changed, err := directory.ChangeGroup(&again, sent, nil, later); err != nil || changed {
		t.Fatalf("%s: the same is a change: %v", stored, err)
	}
}
