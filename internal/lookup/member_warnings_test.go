// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package lookup

import (
	"context"
	"fmt"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/testing/builders"
)

var _ = Describe("An Invitation of people who are users already", func() {
	const technician = v1alpha1.RoleTechnician
	accepted := func(name string) *v1alpha1.OrgUser {
		u := active(name, v1alpha1.RoleMember)
		u.Status.Conditions = []metav1.Condition{{Type: v1alpha1.ConditionAccepted, Status: metav1.ConditionTrue}}
		return u
	}
	const eva, kim, guest = "eva@acme.example", "kim@acme.example", "guest@acme.example"
	notice := func(email, name string) string {
		return fmt.Sprintf(`spec.emails: %s is a user already, whom this Invitation does not change: to give them the role "Technician", `+
			`edit OrgUser %q`, email, name)
	}
	team := builders.Invitation("acme", "team", eva+" "+kim+" new@acme.example").Role(technician)

	DescribeTable("ORG-22 causes warnings", func(ctx context.Context, old, i *v1alpha1.Invitation, expected ...string) {
		reader := holding(acme(), accepted("eva"), accepted("kim"), builders.OrgUser("acme", "pending").Obj(),
			builders.OrgUser("acme", "guest").Limited().Obj())
		Expect(reader.MemberWarnings(ctx, old, i)).To(HaveExactElements(expected))
	},
		Entry("when it is created", nil, team.Obj(), notice(eva, "eva"), notice(kim, "kim")),
		Entry("but not if it grants what they have", nil, team.Role(v1alpha1.RoleMember).Obj()),
		Entry("but not of people who have not accepted", nil, builders.Invitation("acme", "team", "pending@acme.example").Role(technician).Obj()),
		Entry("of a Limited account", nil, builders.Invitation("acme", "team", guest).Obj(), "spec.emails: "+guest+" has a Limited account, "+
			`which this Invitation does not change: to invite them, set spec.access to Full on OrgUser "guest"`),
		Entry("of people who are named newly", builders.Invitation("acme", "team", eva).Role(technician).Obj(), team.Obj(), notice(kim, "kim")),
		Entry("of everybody when it grants something else", team.Role(v1alpha1.RoleMember).Obj(), team.Obj(), notice(eva, "eva"), notice(kim, "kim")),
		Entry("but not when something else changes", team.Obj(), team.Message("Bienvenidos").Obj()),
	)

	It("causes a limited number of warnings", func(ctx context.Context) {
		var users []client.Object
		emails := ""
		for n := range 30 {
			name := fmt.Sprintf("u%d", n)
			users, emails = append(users, accepted(name)), emails+" "+name+"@acme.example"
		}
		warnings, err := holding(users...).MemberWarnings(ctx, nil, builders.Invitation("acme", "team", emails).Role(technician).Obj())
		Expect(err).NotTo(HaveOccurred())
		Expect(warnings).To(HaveLen(maxWarnings + 1))
		Expect(warnings[maxWarnings]).To(Equal("and more"))
	})
})
