// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package authz_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/authz"
)

var _ = Describe("A report on request", func() {
	asked := func(kind string) (before, after metav1.Object) {
		meta := &metav1.ObjectMeta{Namespace: "acme", Name: "support"}
		before = withMetadata(kind, meta)
		meta.Annotations = map[string]string{v1alpha1.AnnotationReport: "1"}
		return before, withMetadata(kind, meta)
	}

	DescribeTable("GTA-12 may be requested by those who manage the contacts", func(kind string, may []v1alpha1.Role) {
		for _, role := range authz.Roles() {
			before, after := asked(kind)
			found := authz.Judge(update(person("eva", role), before, after))
			for _, allowed := range may {
				if role == allowed {
					Expect(found).To(BeEmpty(), string(role))
				}
			}
			if len(found) == 0 {
				Expect(may).To(ContainElement(role))
			}
		}
	},
		Entry("of an organization", "organization", []v1alpha1.Role{orgAdmin, financeAdmin}),
		Entry("of a workspace", "workspace", []v1alpha1.Role{orgAdmin, financeAdmin, userAdmin}),
	)

	It("is refused to others with who could request it", func() {
		before, after := asked("organization")
		found := authz.Judge(update(person("eva", billingAdmin), before, after))
		Expect(found).To(ConsistOf(And(HaveField("Rule", "report-requested"), HaveField("Message", HaveSuffix(
			"is BillingAdmin in organization \"acme\": only an OrganizationAdmin or FinanceAdmin may request a report for the organization's contacts")))))
	})

	It("cannot be requested on kinds without contacts", func() {
		for _, kind := range []string{"user", "invitation"} {
			before, after := asked(kind)
			ana := person("ana", orgAdmin)
			Expect(rules(authz.Judge(update(ana, by(ana, before), by(ana, after))))).To(Equal([]string{"usher-only"}), kind)
		}
	})
})
