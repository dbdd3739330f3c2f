// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package authz_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/authz"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/testing/builders"
)

// takesIn returns a workspace that requests an intake address.
func takesIn(organization, name, intake string) *v1alpha1.Workspace {
	return builders.Workspace(organization, name).With(func(w *v1alpha1.Workspace) {
		w.Spec.Portal = &v1alpha1.CustomerPortal{
			Title: "Help", QueueEmail: "cola@acme.example", IntakeEmail: v1alpha1.EmailAddress(intake),
		}
	}).Obj()
}

var _ = Describe("LMI-3 An intake address", func() {
	const help = "help@in.acme.example"

	judge := func(operation authz.Operation, old, requested, holder *v1alpha1.Workspace) []authz.Violation {
		r := authz.Request{
			Operation: operation, Actor: authz.Actor{Kind: authz.ActorPlatform, Username: "root"}, Organization: "acme", New: requested,
			Facts: authz.Facts{Organization: builders.Organization("acme").Obj(), IntakeHolder: holder},
		}
		if old != nil {
			r.Old = old
		}
		return authz.Judge(r)
	}

	It("is refused if another workspace has it, whose name is told to its own organization only", func() {
		mine := takesIn("acme", "support", help)
		taken := judge(authz.Create, nil, mine, takesIn("acme", "desk", help))
		Expect(taken).To(HaveExactElements(And(HaveField("Field", "spec.portal.intakeEmail"), HaveField("Reason", authz.Invalid),
			HaveField("Rule", "intake-unique"), HaveField("Message", `is already the intake address of workspace "desk": `+
				"an intake address belongs to one workspace; use another address"))))
		Expect(judge(authz.Create, nil, mine, takesIn("other", "secret", help))[0].Message).To(
			HavePrefix("is already the intake address of a workspace of another organization"))
		Expect(judge(authz.Create, nil, mine, nil)).To(BeEmpty())
	})

	It("may stay as it is, and may be given up", func() {
		mine, holder := takesIn("acme", "support", help), takesIn("acme", "desk", help)
		renamed := mine.DeepCopy()
		renamed.Spec.DisplayName = "Support"
		Expect(judge(authz.Update, mine, renamed, holder)).To(BeEmpty())
		Expect(judge(authz.Update, mine, takesIn("acme", "support", ""), nil)).To(BeEmpty())
		Expect(judge(authz.Update, takesIn("acme", "support", "other@in.acme.example"), mine, holder)).To(HaveLen(1))
	})

	It("cannot be the queue's address", func() {
		Expect(authz.CheckContent(takesIn("acme", "support", "COLA@acme.example"))).To(HaveExactElements(
			HaveField("Rule", "intake-is-not-queue")))
	})
})

var _ = Describe("LMI-3 The domains in which organizations receive mail", func() {
	some, err := effective.ParseIntakeDomains([]string{
		"acme=in.acme.example", "acme=Help@Shared.example", "acme=cañas.example", "beta=shared.example", "gamma=shared.example",
	})
	if err != nil {
		panic(err)
	}

	judge := func(old, requested, holder *v1alpha1.Workspace) []authz.Violation {
		r := authz.Request{
			Operation: authz.Create, Actor: authz.Actor{Kind: authz.ActorPlatform, Username: "root"}, Organization: requested.Namespace, New: requested,
			Facts: authz.Facts{
				Organization: builders.Organization(requested.Namespace).Obj(), IntakeHolder: holder, IntakeDomains: some,
			},
		}
		if old != nil {
			r.Operation, r.Old = authz.Update, old
		}
		return authz.Judge(r)
	}

	It("refuse an address that is not the organization's, name those that are, and say who can add one", func() {
		foreign := takesIn("acme", "support", "help@in.beta.example")
		Expect(judge(nil, foreign, takesIn("beta", "desk", "help@in.beta.example"))).To(HaveExactElements(And(
			HaveField("Field", "spec.portal.intakeEmail"), HaveField("Reason", authz.Invalid), HaveField("Rule", "intake-domain"),
			HaveField("Message", `is not an address of organization "acme", which may receive mail only at help@shared.example, in.acme.example, `+
				"xn--caas-hqa.example: use one of these, or ask the platform team to add acme=in.beta.example to the operator's --intake-domains"))))
		Expect(judge(nil, takesIn("delta", "desk", "help@in.delta.example"), nil)).To(HaveExactElements(HaveField("Message",
			`is not an address of organization "delta", which may not receive mail anywhere yet: ask the platform team to `+
				"add delta=in.delta.example to the operator's --intake-domains")))
		Expect(judge(nil, takesIn("acme", "support", "help@in.acme.example"), nil)).To(BeEmpty())
	})

	It("allow an address in the spec that is older than they are, without putting it in force", func() {
		old := takesIn("acme", "support", "help@in.beta.example")
		renamed := old.DeepCopy()
		renamed.Spec.DisplayName = "Support"
		Expect(judge(old, renamed, nil)).To(BeEmpty())
		Expect(some.RefusalMessage(renamed)).NotTo(BeEmpty())
	})
})

// hop returns a workspace of acme whose mail passes from an intake to a queue.
func hop(name, intake, queue string) *v1alpha1.Workspace {
	w := takesIn("acme", name, intake)
	w.Spec.Portal.QueueEmail = v1alpha1.EmailAddress(queue)
	return w
}

var _ = Describe("LMI-3 A queue that is an intake", func() {
	const a, b, c, people = "a@in.acme.example", "b@in.acme.example", "c@in.acme.example", "people@acme.example"

	It("is refused only for the workspace that closes the loop", func() {
		judge := func(old, requested *v1alpha1.Workspace, behind ...*v1alpha1.Workspace) []authz.Violation {
			r := authz.Request{
				Operation: authz.Create, Actor: authz.Actor{Kind: authz.ActorPlatform, Username: "root"}, Organization: "acme", New: requested,
				Facts: authz.Facts{Organization: builders.Organization("acme").Obj(), IntakeChain: behind},
			}
			if old != nil {
				r.Operation, r.Old = authz.Update, old
			}
			return authz.Judge(r)
		}
		requested := hop("first", a, b)
		refused := HaveExactElements(And(HaveField("Field", "spec.portal.queueEmail"), HaveField("Reason", authz.Invalid),
			HaveField("Rule", "queue-loop"), HaveField("Value", b)))
		Expect(judge(nil, requested, hop("second", b, a))).To(refused)
		Expect(judge(hop("first", a, people), requested, hop("second", b, a))).To(refused)
		Expect(judge(hop("first", c, b), requested, hop("second", b, a))).To(refused)
		Expect(judge(nil, requested, hop("second", b, people))).To(BeEmpty())
		renamed := requested.DeepCopy()
		renamed.Spec.DisplayName = "First"
		Expect(judge(requested, renamed, hop("second", b, a))).To(BeEmpty(), "it stays as it was")
		Expect(judge(requested, builders.Workspace("acme", "first").Obj(), hop("second", b, a))).To(BeEmpty())
	})
})
