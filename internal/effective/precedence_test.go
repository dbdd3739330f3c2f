// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package effective_test

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/testing/builders"
)

// namesake gives a user of some age in days, with the state in force.
func namesake(name string, age int, state v1alpha1.UserState, made bool) *v1alpha1.OrgUser {
	u := builders.OrgUser("acme", name).Email("ana@acme.example").Obj()
	u.CreationTimestamp = metav1.NewTime(time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC).AddDate(0, 0, -age))
	u.Status.State = state
	if made {
		u.Labels = map[string]string{v1alpha1.LabelBootstrap: "true"}
	}
	return u
}

// existing gives one whose identity exists already.
func existing(name string, age int, state v1alpha1.UserState) *v1alpha1.OrgUser {
	u := namesake(name, age, state, false)
	u.Spec.Onboarding = v1alpha1.OnboardingNone
	return u
}

var _ = Describe("Who of two users has the address they share", func() {
	const (
		pending   = v1alpha1.UserPending
		active    = v1alpha1.UserActive
		suspended = v1alpha1.UserSuspended
		removing  = v1alpha1.UserRemoving
	)

	DescribeTable("ORG-28 is", func(first, second *v1alpha1.OrgUser) {
		Expect(effective.Precedes(first, second)).To(BeTrue())
		Expect(effective.Precedes(second, first)).To(BeFalse())
	},
		Entry("the oldest", namesake("b", 2, pending, false), namesake("a", 1, pending, false)),
		Entry("the oldest of two in force", namesake("b", 2, suspended, false), namesake("a", 1, active, false)),
		Entry("the first by name, of the same second", namesake("a", 1, "", false), namesake("b", 1, pending, false)),
		Entry("who is active, before an older wish", namesake("b", 1, active, false), namesake("a", 2, pending, false)),
		Entry("who is suspended, before an older wish", namesake("b", 1, suspended, false), namesake("a", 2, "", false)),
		Entry("who is active, before who goes", namesake("b", 1, active, false), namesake("a", 2, removing, false)),
		Entry("who was declared, before whom Usher made earlier", namesake("b", 1, pending, false), namesake("a", 2, pending, true)),
		Entry("who needs not accept, before an older one who has not", existing("b", 1, ""), namesake("a", 2, pending, false)),
		Entry("who has accepted, before a younger one who needs not", namesake("b", 2, active, false), existing("a", 1, pending)),
		Entry("whom Usher made, once active, before who was declared", namesake("a", 2, active, true), namesake("b", 3, pending, false)),
	)

	It("is one and the same, in whatever order they are looked at", func() {
		var users []*v1alpha1.OrgUser
		for age := range 2 {
			for _, state := range []v1alpha1.UserState{pending, active, suspended, removing} {
				for _, made := range []bool{false, true} {
					users = append(users, namesake("a", age, state, made), namesake("b", age, state, made))
				}
				users = append(users, existing("a", age, state), existing("b", age, state))
			}
		}
		for _, a := range users {
			Expect(effective.Precedes(a, a)).To(BeFalse())
			for _, b := range users {
				for _, c := range users {
					if effective.Precedes(a, b) && effective.Precedes(b, c) {
						Expect(effective.Precedes(a, c)).To(BeTrue())
					}
				}
			}
		}
	})
})

// account is a user of some age who wishes a user name, and has one in force; empty: none.
func account(name string, born int64, wished, has string) *v1alpha1.OrgUser {
	u := builders.OrgUser("acme", name).Username(wished).Existing().Obj()
	u.CreationTimestamp = metav1.Unix(born, 0)
	if has != "" {
		u.Status.State, u.Status.Username = v1alpha1.UserActive, has
	}
	return u
}

var _ = Describe("A Kubernetes user name", func() {
	DescribeTable("ORG-12 is kept by who has it, from whoever wishes it", func(holder, other *v1alpha1.OrgUser, held bool) {
		Expect(effective.OwnsUsername(holder, other)).To(Equal(held))
	},
		Entry("from an older user who renames himself", account("bil", 2, "bil", "bil"), account("mem", 1, "bil", "mem"), true),
		Entry("and not the other way round", account("mem", 1, "bil", "mem"), account("bil", 2, "bil", "bil"), false),
		Entry("from a newcomer", account("bil", 1, "bil", "bil"), account("new", 2, "bil", ""), true),
		Entry("even when he wishes another, and has not got it yet", account("bil", 2, "zoe", "bil"), account("mem", 1, "bil", "mem"), true),
		Entry("not from who wishes another", account("bil", 1, "bil", "bil"), account("mem", 2, "mem", "mem"), false),
		Entry("of two who both wish it, by the older", account("old", 1, "bil", ""), account("new", 2, "bil", ""), true),
		Entry("of two who both wish it, not by the younger", account("new", 2, "bil", ""), account("old", 1, "bil", ""), false),
	)

	It("ORG-12 that is taken leaves a person the one that he has, and a newcomer waiting", func() {
		f := facts(account("mem", 1, "bil", "mem"), acme("ana"))
		f.UsernameOwner = "bil"
		Expect(effective.UserInForce(f)).To(And(HaveField("State", v1alpha1.UserActive), HaveField("Username", "mem"), HaveField("Role", member)))
		f = facts(account("new", 2, "bil", ""), acme("ana"))
		f.UsernameOwner = "bil"
		Expect(effective.UserInForce(f)).To(And(HaveField("State", v1alpha1.UserPending), HaveField("Role", BeEmpty())))
	})
})
