// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package effective_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/testing/builders"
)

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
