// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package effective_test

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/authz"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/testing/builders"
)

// takesIn gives a workspace of some age in days that wishes an intake address.
func takesIn(organization, name, intake string, age int) *v1alpha1.Workspace {
	w := builders.Workspace(organization, name).With(func(w *v1alpha1.Workspace) {
		w.Spec.Portal = &v1alpha1.CustomerPortal{
			Title: "Help", QueueEmail: "cola@acme.example", IntakeEmail: v1alpha1.EmailAddress(intake),
		}
	}).Obj()
	w.CreationTimestamp = metav1.NewTime(time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC).AddDate(0, 0, -age))
	return w
}

var _ = Describe("LMI-3 An intake address", func() {
	const help = "help@in.acme.example"
	anywhere := effective.IntakeDomains{}

	It("is that of the oldest workspace that wishes it, whoever's", func() {
		young, old := takesIn("acme", "support", help, 1), takesIn("other", "desk", "HELP@in.acme.example", 2)
		same := takesIn("acme", "a-desk", help, 2)
		Expect(effective.IntakeHolder([]*v1alpha1.Workspace{young, old}, anywhere)).To(BeIdenticalTo(old))
		Expect(effective.IntakeHolder([]*v1alpha1.Workspace{old, young}, anywhere)).To(BeIdenticalTo(old))
		Expect(effective.IntakeHolder([]*v1alpha1.Workspace{old, same}, anywhere)).To(BeIdenticalTo(same))
		old.DeletionTimestamp = &young.CreationTimestamp
		Expect(effective.IntakeHolder([]*v1alpha1.Workspace{young, old}, anywhere)).To(BeIdenticalTo(young))
		Expect(effective.IntakeHolder(nil, anywhere)).To(BeNil())
		Expect(effective.IntakeHolder([]*v1alpha1.Workspace{builders.Workspace("acme", "plain").Obj()}, anywhere)).To(BeNil())
	})

	judge := func(operation authz.Operation, old, wished, holder *v1alpha1.Workspace) []authz.Violation {
		r := authz.Request{
			Operation: operation, Actor: authz.Actor{Kind: authz.ActorPlatform, Username: "root"}, Organization: "acme", New: wished,
			Facts: authz.Facts{Organization: builders.Organization("acme").Obj(), IntakeHolder: holder},
		}
		if old != nil {
			r.Old = old
		}
		return authz.Judge(r)
	}

	It("is refused when another workspace has it, which its own organization alone hears the name of", func() {
		mine := takesIn("acme", "support", help, 0)
		taken := judge(authz.Create, nil, mine, takesIn("acme", "desk", help, 1))
		Expect(taken).To(HaveExactElements(And(HaveField("Field", "spec.portal.intakeEmail"), HaveField("Reason", authz.Invalid),
			HaveField("Rule", "intake-unique"), HaveField("Message", `is the intake address of workspace "desk" already: `+
				"an intake address belongs to one workspace, give this one another"))))
		Expect(judge(authz.Create, nil, mine, takesIn("other", "secret", help, 1))[0].Message).To(
			HavePrefix("is the intake address of a workspace of another organization already"))
		Expect(judge(authz.Create, nil, mine, nil)).To(BeEmpty())
	})

	It("may stay as it is, and be given up", func() {
		mine, holder := takesIn("acme", "support", help, 0), takesIn("acme", "desk", help, 1)
		renamed := mine.DeepCopy()
		renamed.Spec.DisplayName = "Support"
		Expect(judge(authz.Update, mine, renamed, holder)).To(BeEmpty())
		Expect(judge(authz.Update, mine, takesIn("acme", "support", "", 0), nil)).To(BeEmpty())
		Expect(judge(authz.Update, takesIn("acme", "support", "other@in.acme.example", 0), mine, holder)).To(HaveLen(1))
	})

	It("is not the queue's", func() {
		Expect(authz.CheckContent(takesIn("acme", "support", "COLA@acme.example", 0))).To(HaveExactElements(
			HaveField("Rule", "intake-is-not-queue")))
	})
})
