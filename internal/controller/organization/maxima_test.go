// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package organization

import (
	"context"
	"errors"
	"fmt"
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/lookup"
	"github.com/usher-operator/usher/internal/mapper"
	"github.com/usher-operator/usher/internal/phase"
	"github.com/usher-operator/usher/internal/testing/builders"
	"github.com/usher-operator/usher/internal/testing/maxima"
)

// BenchmarkMaxima measures each watch handler, and the phases of a pass that write nothing, at the API's maxima: 10,000 people who all
// request every module, and 1,000 workspaces.
func BenchmarkMaxima(b *testing.B) {
	const people = 10000
	users := maxima.Users(people, v1alpha1.RoleMember)
	before, after := maxima.Organization(), maxima.Organization()
	after.Status.Modules = effective.NextSeats(after, users)
	for _, u := range users[:effective.MaxAdministrators] {
		after.Status.Administrators = append(after.Status.Administrators, u.Name)
	}
	cache := maxima.NewCache(b.Context(), lookup.AddIndexes, after)
	maxima.AddAll(cache, users)
	maxima.AddAll(cache, maxima.Workspaces(1000))
	r := &Reconciler{cache: lookup.New(cache, effective.IntakeDomains{}), api: lookup.NewAPIReader(cache)}
	user := mapper.Change[*v1alpha1.OrgUser]{After: users[people-1]}

	before.Status.Administrators = after.Status.Administrators
	maxima.Run(b, "organization/predicate", func() error {
		ledgersDiffer(before, after)
		return nil
	})
	maxima.Run(b, "orguser/handler/ledgers", func() error {
		_, err := organizationForLedgers(b.Context(), user)
		return err
	})
	maxima.Run(b, "orguser/handler/assignee", func() error {
		_, err := r.organizationForAssignee(b.Context(), user)
		return err
	})
	c := mapper.Change[*v1alpha1.Workspace]{Before: maxima.Workspaces(1)[0], After: maxima.Workspace()}
	c.After.Generation++
	maxima.Run(b, "workspace/handler", func() error {
		_, err := organizationForWorkspace(b.Context(), c)
		return err
	})
	maxima.Run(b, "pass", func() error {
		o := after.DeepCopy()
		s, err := r.newScope(b.Context(), o)
		if err != nil {
			return err
		}
		_, err = phase.Run(b.Context(), o, s, r.reconcileContacts, r.reconcileAdministrators, r.reconcileSeats, r.reconcileCounts)
		return err
	})
	for _, people := range []int{500, 50_000} {
		b.Run(fmt.Sprintf("pass/%d-people-without-modules", people), func(b *testing.B) { benchmarkPass(b, people) })
	}
	b.Run("pass/everybody-leaves", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			o := after.DeepCopy()
			for n := range o.Status.Modules {
				m := &o.Status.Modules[n]
				m.Holders, m.Leaving = nil, m.Holders
			}
			s, err := r.newScope(b.Context(), o)
			if err != nil {
				b.Fatal(err)
			}
			if _, err := phase.Run(b.Context(), o, s, r.reconcileSeats); err != nil {
				b.Fatal(err)
			}
		}
	})
}

var _ = Describe("OPS-9 A pass over an Organization", func() {
	It("allocates nothing for a person but the place in the list", func(ctx context.Context) {
		few, many := allocations(ctx, 50), allocations(ctx, 5000)
		Expect(many).To(BeNumerically("<", few+50))
	})
})

// allocations returns how often a pass over an Organization allocates.
func allocations(ctx context.Context, people int) float64 {
	GinkgoHelper()
	pass := passOver(ctx, people)
	var failed error
	count := testing.AllocsPerRun(3, func() { failed = errors.Join(failed, pass()) })
	Expect(failed).NotTo(HaveOccurred())
	return count
}

func benchmarkPass(b *testing.B, people int) {
	b.Helper()
	pass := passOver(b.Context(), people)
	b.ReportAllocs()
	for b.Loop() {
		if err := pass(); err != nil {
			b.Fatal(err)
		}
	}
}

// passOver returns the phases that go through all people, of whom one is an administrator and all others are in a group.
func passOver(ctx context.Context, people int) func() error {
	acme := builders.Organization("acme").Obj()
	acme.Status.Administrators = []string{"ana"}
	users := []*v1alpha1.OrgUser{builders.OrgUser("acme", "ana").Role(v1alpha1.RoleOrganizationAdmin).Existing().Obj()}
	for n := range people {
		u := builders.OrgUser("acme", fmt.Sprintf("person-%d", n)).Existing().Groups("crew").Obj()
		u.Status.State, u.Status.Groups = v1alpha1.UserActive, u.Spec.Groups
		users = append(users, u)
	}
	cache := maxima.NewCache(ctx, lookup.AddIndexes, acme)
	maxima.AddAll(cache, users)
	r := &Reconciler{cache: lookup.New(cache, effective.IntakeDomains{}), api: lookup.NewAPIReader(cache)}
	return func() error {
		o := acme.DeepCopy()
		s, err := r.newScope(ctx, o)
		if err != nil {
			return err
		}
		_, err = phase.Run(ctx, o, s, r.reconcileContacts, r.reconcileAdministrators, r.reconcileSeats, r.reconcileCounts)
		return err
	}
}
