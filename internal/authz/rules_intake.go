// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package authz

import (
	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/emailaddr"
)

const intakeField = "spec.portal.intakeEmail"

// judgeIntake refuses to take an intake address that is not the organization's, or that somebody else has, early; of two that
// came at the same time the oldest has it, see IntakeHolder.
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

// checkPortal refuses addresses that DNS cannot hold, and a queue that is the intake: mails would go round for ever.
func checkPortal(w *v1alpha1.Workspace) []Violation {
	if w.Spec.Portal == nil {
		return nil
	}
	found := checkAddress(queueField, w.Spec.Portal.QueueEmail)
	found = append(found, checkAddress(intakeField, w.Spec.Portal.IntakeEmail)...)
	if effective.IntakeOf(w) != "" && emailaddr.Same(string(w.Spec.Portal.QueueEmail), string(w.Spec.Portal.IntakeEmail)) {
		found = append(found, invalid(intakeField, "intake-is-not-queue", string(w.Spec.Portal.IntakeEmail),
			"is the queue's address as well: mails to the intake pass on to the queue and would go round for ever, use two addresses"))
	}
	return found
}

const queueField = "spec.portal.queueEmail"

// judgeQueueLoop refuses the change that would close a circle of intakes.
func judgeQueueLoop(r Request) []Violation {
	w, is := r.New.(*v1alpha1.Workspace)
	if !is || w.Spec.Portal == nil {
		return nil
	}
	old, was := r.Old.(*v1alpha1.Workspace)
	if was && old != nil && effective.IntakeOf(old) == effective.IntakeOf(w) && effective.HasQueue(old, string(w.Spec.Portal.QueueEmail)) {
		return nil
	}
	if why := effective.QueueLoopMessage(w, r.Facts.IntakeChain); why != "" {
		return []Violation{invalid(queueField, "queue-loop", string(w.Spec.Portal.QueueEmail), why)}
	}
	return nil
}
