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

// sharing returns a user with the shared address and a state in force. Age is in days.
func sharing(name string, age int, state v1alpha1.UserState, made bool) *v1alpha1.OrgUser {
	u := builders.OrgUser("acme", name).Email("ana@acme.example").Obj()
	u.CreationTimestamp = metav1.NewTime(time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC).AddDate(0, 0, -age))
	u.Status.State = state
	if made {
		u.Labels = map[string]string{v1alpha1.LabelBootstrap: "true"}
	}
	return u
}

// existing returns such a user whose identity exists already.
func existing(name string, age int, state v1alpha1.UserState) *v1alpha1.OrgUser {
	u := sharing(name, age, state, false)
	u.Spec.Onboarding = v1alpha1.OnboardingNone
	return u
}

var _ = Describe("The user who has a shared address in force", func() {
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
		Entry("the older one", sharing("b", 2, pending, false), sharing("a", 1, pending, false)),
		Entry("the older of two in force", sharing("b", 2, suspended, false), sharing("a", 1, active, false)),
		Entry("the first by name of two of the same age", sharing("a", 1, "", false), sharing("b", 1, pending, false)),
		Entry("an active user, before an older one who is not in force", sharing("b", 1, active, false), sharing("a", 2, pending, false)),
		Entry("a suspended user, before an older one who is not in force", sharing("b", 1, suspended, false), sharing("a", 2, "", false)),
		Entry("an active user, before one who is being removed", sharing("b", 1, active, false), sharing("a", 2, removing, false)),
		Entry("a declared user, before an older one that Usher created", sharing("b", 1, pending, false), sharing("a", 2, pending, true)),
		Entry("a user who need not accept, before an older one who has not accepted", existing("b", 1, ""), sharing("a", 2, pending, false)),
		Entry("a user who has accepted, before a younger one who need not", sharing("b", 2, active, false), existing("a", 1, pending)),
		Entry("a user that Usher created, once active, before a declared one", sharing("a", 2, active, true), sharing("b", 3, pending, false)),
	)

	It("is the same in whatever order users are compared", func() {
		var users []*v1alpha1.OrgUser
		for age := range 2 {
			for _, state := range []v1alpha1.UserState{pending, active, suspended, removing} {
				for _, made := range []bool{false, true} {
					users = append(users, sharing("a", age, state, made), sharing("b", age, state, made))
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

// account returns a user who requests a user name and has one in force, unless that is empty.
func account(name string, born int64, requested, has string) *v1alpha1.OrgUser {
	u := builders.OrgUser("acme", name).Username(requested).Existing().Obj()
	u.CreationTimestamp = metav1.Unix(born, 0)
	if has != "" {
		u.Status.State, u.Status.Username = v1alpha1.UserActive, has
	}
	return u
}

var _ = Describe("A Kubernetes user name", func() {
	DescribeTable("ORG-12 belongs to the user who has it in force", func(holder, other *v1alpha1.OrgUser, held bool) {
		Expect(effective.Usernames{}.Owns(holder, other)).To(Equal(held))
	},
		Entry("before an older user who requests it later", account("bil", 2, "bil", "bil"), account("mem", 1, "bil", "mem"), true),
		Entry("and not to the user who requests it later", account("mem", 1, "bil", "mem"), account("bil", 2, "bil", "bil"), false),
		Entry("before a new user", account("bil", 1, "bil", "bil"), account("new", 2, "bil", ""), true),
		Entry("even while that user requests another name", account("bil", 2, "zoe", "bil"), account("mem", 1, "bil", "mem"), true),
		Entry("but is no obstacle to a user who requests another name", account("bil", 1, "bil", "bil"), account("mem", 2, "mem", "mem"), false),
		Entry("or to the older of two who request it", account("old", 1, "bil", ""), account("new", 2, "bil", ""), true),
		Entry("and not to the younger of two who request it", account("new", 2, "bil", ""), account("old", 1, "bil", ""), false),
	)

	It("ORG-12 that is taken leaves a user with the present name, and keeps a new user pending", func() {
		f := facts(account("mem", 1, "bil", "mem"), acme("ana"))
		f.UsernameOwner = "bil"
		Expect(effective.UserInForce(f)).To(And(HaveField("State", v1alpha1.UserActive), HaveField("Username", "mem"), HaveField("Role", member)))
		f = facts(account("new", 2, "bil", ""), acme("ana"))
		f.UsernameOwner = "bil"
		Expect(effective.UserInForce(f)).To(And(HaveField("State", v1alpha1.UserPending), HaveField("Role", BeEmpty())))
	})
})
