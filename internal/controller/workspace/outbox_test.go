// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package workspace

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/delivery/budget"
	"github.com/usher-operator/usher/internal/testing/builders"
)

var _ = Describe("The mail to the owner of a queue", func() {
	It("OPS-9 counts against the budgets of invitations, because its address is anybody's", func() {
		w := builders.Workspace("acme", "support").Obj()
		w.Spec.Portal = &v1alpha1.CustomerPortal{QueueEmail: "Cola@acme.example"}
		w.Status.Queue = v1alpha1.QueueStatus{
			Email: "Cola@acme.example", State: v1alpha1.QueueRequested, Mail: &v1alpha1.MailStatus{State: v1alpha1.MailQueued, MessageID: "<1>"},
		}
		box := &outbox{Mail: &Mail{now: time.Now}, workspace: w}
		Expect(box.Pending()).To(ConsistOf(And(HaveField("Stream", budget.Invitations), HaveField("Destination", "cola@acme.example"),
			HaveField("MessageID", "<1>"))))
	})
})
