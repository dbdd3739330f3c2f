// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package authz

import (
	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/emailaddr"
)

const (
	intakeField = "spec.portal.intakeEmail"
	queueField  = "spec.portal.queueEmail"
)

// checkPortal refuses addresses that are not valid in DNS, and a queue at the intake's own address: mail would loop.
func checkPortal(w *v1alpha1.Workspace) []Violation {
	if w.Spec.Portal == nil {
		return nil
	}
	found := checkAddress(queueField, w.Spec.Portal.QueueEmail)
	found = append(found, checkAddress(intakeField, w.Spec.Portal.IntakeEmail)...)
	if effective.IntakeOf(w) != "" && emailaddr.Same(string(w.Spec.Portal.QueueEmail), string(w.Spec.Portal.IntakeEmail)) {
		found = append(found, invalid(intakeField, "intake-is-not-queue", string(w.Spec.Portal.IntakeEmail),
			"is also the queue's address: mail to the intake is passed on to the queue and would loop; use two addresses"))
	}
	return found
}

// judgeIntake refuses early an intake address that is not the organization's, or that another workspace has. If two
// workspaces request one at the same time, the oldest has it in force; see effective.IntakeHolder.
func judgeIntake(r Request) []Violation {
	w, is := r.New.(*v1alpha1.Workspace)
	if !is || effective.IntakeOf(w) == "" {
		return nil
	}
	if old, was := r.Old.(*v1alpha1.Workspace); was && old != nil && effective.IntakeOf(old) == effective.IntakeOf(w) {
		return nil
	}
	address := string(w.Spec.Portal.IntakeEmail)
	if why := r.Facts.IntakeDomains.RefusalMessage(w); why != "" {
		return []Violation{invalid(intakeField, "intake-domain", address, why)}
	}
	if r.Facts.IntakeHolder == nil {
		return nil
	}
	return []Violation{invalid(intakeField, "intake-unique", address, effective.IntakeTakenMessage(w, r.Facts.IntakeHolder))}
}

// judgeQueueLoop refuses the change that would close a loop of intakes.
func judgeQueueLoop(r Request) []Violation {
	w, is := r.New.(*v1alpha1.Workspace)
	if !is || w.Spec.Portal == nil {
		return nil
	}
	old, was := r.Old.(*v1alpha1.Workspace)
	if was && old != nil && effective.IntakeOf(old) == effective.IntakeOf(w) && effective.HasQueue(old, string(w.Spec.Portal.QueueEmail)) {
		return nil
	}
	if base, _ := emailaddr.WithoutDetail(string(w.Spec.Portal.QueueEmail)); effective.IntakeOf(w) != "" &&
		!effective.HasQueue(w, effective.IntakeOf(w)) && emailaddr.Same(base, effective.IntakeOf(w)) && len(r.Facts.IntakeChain) == 0 {
		return []Violation{invalid(queueField, "intake-is-not-queue", string(w.Spec.Portal.QueueEmail),
			"is the intake's address with a detail after a plus sign, which leads to the intake: mail would loop; use another address")}
	}
	if why := effective.QueueLoopMessage(w, r.Facts.IntakeChain); why != "" {
		return []Violation{invalid(queueField, "queue-loop", string(w.Spec.Portal.QueueEmail), why)}
	}
	return nil
}
