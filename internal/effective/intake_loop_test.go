// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package effective_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
)

// hop returns a workspace of acme whose mail passes from an intake to a queue.
func hop(name, intake, queue string) *v1alpha1.Workspace {
	w := takesIn("acme", name, intake, 0)
	w.Spec.Portal.QueueEmail = v1alpha1.EmailAddress(queue)
	return w
}

var _ = Describe("LMI-3 A queue that is an intake", func() {
	const a, b, c, people = "a@in.acme.example", "b@in.acme.example", "c@in.acme.example", "people@acme.example"
	via := func(w ...*v1alpha1.Workspace) []*v1alpha1.Workspace { return w }

	It("leads to people, or loops", func() {
		first := hop("first", a, b)
		Expect(effective.QueueLoopMessage(first, nil)).To(BeEmpty())
		Expect(effective.QueueLoopMessage(first, via(hop("second", b, people)))).To(BeEmpty())
		Expect(effective.IntakeLoops(first, via(hop("second", b, c), hop("third", c, people)))).To(BeFalse())

		back := via(hop("second", b, c), hop("third", c, "A@in.acme.example"))
		Expect(effective.QueueLoopMessage(first, back)).To(Equal(`is the intake address of workspace "second", whose queue leads back here: ` +
			"mail would loop; use the address of a mailbox that people read"))
		Expect(effective.IntakeLoops(first, back)).To(BeTrue())
		back[0].Namespace = "other"
		Expect(effective.QueueLoopMessage(first, back)).To(HavePrefix("is the intake address of a workspace of another organization, whose queue"))
	})

	It("may lead into a loop of other workspaces, for which they are responsible", func() {
		first, circle := hop("first", a, b), via(hop("second", b, c), hop("third", c, b))
		Expect(effective.QueueLoopMessage(first, circle)).To(BeEmpty())
		Expect(effective.IntakeLoops(first, circle)).To(BeTrue())
	})
})
