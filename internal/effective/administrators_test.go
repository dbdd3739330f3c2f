// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package effective_test

import (
	"fmt"
	"math/rand/v2"
	"slices"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
)

func willing(name string) effective.Candidate {
	return effective.Candidate{Name: name, Exists: true, Requested: true, Accepted: true}
}

func unwilling(name string) effective.Candidate {
	return effective.Candidate{Name: name, Exists: true, Accepted: true}
}

func acting(c effective.Candidate) effective.Candidate {
	c.Acts = true
	return c
}

func invitedAdmin(name string) effective.Candidate {
	return effective.Candidate{Name: name, Exists: true, Requested: true}
}

var _ = Describe("The ledger of administrators", func() {
	DescribeTable("ORG-4", func(current []string, candidates []effective.Candidate, next effective.Ledger) {
		got := effective.NextLedger(current, candidates)
		Expect(got.Administrators).To(HaveExactElements(next.Administrators))
		Expect(got.Leaving).To(ConsistOf(next.Leaving))
		Expect(got.Staying).To(ConsistOf(next.Staying))
		Expect(got.Held).To(Equal(next.Held))
	},
		Entry("is empty without candidates", nil, nil, effective.Ledger{}),
		Entry("adds those who request the role and have accepted, sorted by name", nil,
			[]effective.Candidate{willing("bea"), willing("ana"), invitedAdmin("eva"), unwilling("luis")},
			effective.Ledger{Administrators: []string{"ana", "bea"}}),
		Entry("stays as it is if all request to stay", []string{"ana", "bea"}, []effective.Candidate{willing("bea"), willing("ana")},
			effective.Ledger{Administrators: []string{"ana", "bea"}, Staying: []string{"ana", "bea"}}),
		Entry("drops those who no longer request the role while somebody stays", []string{"ana", "bea"},
			[]effective.Candidate{unwilling("ana"), willing("bea")},
			effective.Ledger{Administrators: []string{"bea"}, Leaving: []string{"ana"}, Staying: []string{"bea"}}),
		Entry("holds the last administrator", []string{"ana"}, []effective.Candidate{unwilling("ana"), unwilling("luis")},
			effective.Ledger{Administrators: []string{"ana"}, Held: "ana"}),
		Entry("holds one of two who both request to leave", []string{"ana", "bea"},
			[]effective.Candidate{unwilling("ana"), unwilling("bea")},
			effective.Ledger{Administrators: []string{"ana"}, Leaving: []string{"bea"}, Held: "ana"}),
		Entry("holds the last administrator until the successor is on the written list", []string{"ana"},
			[]effective.Candidate{unwilling("ana"), willing("bea")},
			effective.Ledger{Administrators: []string{"ana", "bea"}, Held: "ana"}),
		Entry("drops the former administrator once the successor is on the written list", []string{"ana", "bea"}, []effective.Candidate{unwilling("ana"), willing("bea")},
			effective.Ledger{Administrators: []string{"bea"}, Leaving: []string{"ana"}, Staying: []string{"bea"}}),
		Entry("does not add a successor who has not accepted", []string{"ana"},
			[]effective.Candidate{unwilling("ana"), invitedAdmin("bea")},
			effective.Ledger{Administrators: []string{"ana"}, Held: "ana"}),
		Entry("keeps an administrator who requests to stay, accepted or not", []string{"ana"}, []effective.Candidate{invitedAdmin("ana")},
			effective.Ledger{Administrators: []string{"ana"}, Staying: []string{"ana"}}),
		Entry("drops an administrator whose object is gone", []string{"ana", "bea"}, []effective.Candidate{willing("bea")},
			effective.Ledger{Administrators: []string{"bea"}, Staying: []string{"bea"}}),
		Entry("holds one who acts before one who has only been added", []string{"ana", "bea"},
			[]effective.Candidate{unwilling("ana"), acting(unwilling("bea"))},
			effective.Ledger{Administrators: []string{"bea"}, Leaving: []string{"ana"}, Held: "bea"}),
		Entry("holds the next administrator in place of one whose object is gone", []string{"ana", "bea"}, []effective.Candidate{unwilling("bea")},
			effective.Ledger{Administrators: []string{"bea"}, Held: "bea"}),
		Entry("is empty if all objects were removed by force", []string{"ana"}, nil, effective.Ledger{}),
	)

	It("reads the request from the spec, and its end from suspension and deletion", func() {
		u := ana.Existing().Obj()
		Expect(effective.CandidateOf(u)).To(Equal(effective.Candidate{Name: "ana", Exists: true, Requested: true}))
		u.Status.State = v1alpha1.UserActive
		Expect(effective.CandidateOf(u)).To(Equal(willing("ana")))
		u.Status.Role = orgAdmin
		Expect(effective.CandidateOf(u)).To(Equal(acting(willing("ana"))))
		Expect(effective.CandidateOf(ana.Suspended().Obj()).Requested).To(BeFalse())
		Expect(effective.CandidateOf(ana.Role(technician).Obj()).Requested).To(BeFalse())
		Expect(effective.CandidateOf(deleted(ana.Obj())).Requested).To(BeFalse())
		for _, state := range []v1alpha1.UserState{"", v1alpha1.UserPending, v1alpha1.UserSuspended, v1alpha1.UserRemoving} {
			u.Status.State = state
			Expect(effective.CandidateOf(u).Accepted).To(BeFalse(), string(state))
		}
	})

	It("ORG-4 is never emptied by any sequence of requests, acceptances and deletions", func() {
		for seed := range uint64(500) {
			w := newWorld(seed)
			for step := range 60 {
				w.act()
				w.reconcile(fmt.Sprintf("seed %d, step %d", seed, step))
			}
		}
	})
})

// world is a few people who come and go at random. Because of the finalizer, a deleted person exists until the ledger drops the
// name.
type world struct {
	*rand.Rand
	people  map[string]effective.Candidate
	deleted map[string]bool
	ledger  []string
}

func newWorld(seed uint64) *world {
	return &world{
		Rand: rand.New(rand.NewPCG(seed, 4)), people: map[string]effective.Candidate{}, deleted: map[string]bool{},
	}
}

// act makes a random change to one person: declared, accepted, promoted, demoted or deleted.
func (w *world) act() {
	name := string(rune('a' + w.IntN(4)))
	c, exists := w.people[name]
	switch {
	case !exists:
		c = effective.Candidate{Name: name, Exists: true, Requested: w.IntN(2) == 0}
	case w.deleted[name]:
		return
	default:
		switch w.IntN(4) {
		case 0:
			c.Accepted = true
		case 1:
			c.Requested = true
		case 2:
			c.Requested = false
		case 3:
			c.Requested, w.deleted[name] = false, true
		}
	}
	w.people[name] = c
}

// reconcile applies the next ledger and checks what must hold.
func (w *world) reconcile(where string) {
	GinkgoHelper()
	candidates := make([]effective.Candidate, 0, len(w.people))
	for _, c := range w.people {
		candidates = append(candidates, c)
	}
	next := effective.NextLedger(w.ledger, candidates)
	if len(w.ledger) > 0 {
		Expect(next.Administrators).NotTo(BeEmpty(), where)
		Expect(slices.ContainsFunc(next.Administrators, func(name string) bool { return slices.Contains(w.ledger, name) })).To(
			BeTrue(), "%s: nobody of %v is among %v", where, w.ledger, next.Administrators)
	}
	Expect(slices.IsSorted(next.Administrators)).To(BeTrue(), where)
	Expect(slices.Compact(slices.Clone(next.Administrators))).To(HaveLen(len(next.Administrators)), where)
	for _, name := range next.Administrators {
		c := w.people[name]
		Expect(c.Exists && (c.Requested && (c.Accepted || slices.Contains(w.ledger, name)) || name == next.Held)).To(
			BeTrue(), "%s: %s is on the list %v", where, name, next.Administrators)
	}
	for _, name := range w.ledger {
		Expect(slices.Contains(next.Administrators, name)).NotTo(Equal(slices.Contains(next.Leaving, name)), "%s: %s", where, name)
	}
	w.ledger = next.Administrators
	for name := range w.deleted {
		if !slices.Contains(w.ledger, name) {
			delete(w.people, name)
			delete(w.deleted, name)
		}
	}
}
