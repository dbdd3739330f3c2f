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

// takesIn returns a workspace that requests an intake address. Age is in days.
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

	It("belongs to the oldest workspace that requests it, in any organization", func() {
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
})
