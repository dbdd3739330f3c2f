// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"fmt"
	"slices"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/invitation"
)

const queueField = "spec.portal.queueEmail"

// QueueLoop says that the mails of a workspace's intake would come back to it, by way of the workspaces whose intakes they
// pass on to, in their order; empty: they would not. Another organization's workspace is not named.
func QueueLoop(w *v1alpha1.Workspace, via []*v1alpha1.Workspace) string {
	back := func(next *v1alpha1.Workspace) bool { return queuesAt(next, IntakeOf(w)) }
	if IntakeOf(w) == "" || !slices.ContainsFunc(via, back) {
		return ""
	}
	whose := "a workspace of another organization"
	if via[0].Namespace == w.Namespace {
		whose = fmt.Sprintf("workspace %q", via[0].Name)
	}
	return fmt.Sprintf("is the intake address of %s, whose queue leads back here: mails would go round for ever, use the address "+
		"of a mailbox that people read", whose)
}

// GoesRound tells whether the mails of a workspace's intake end nowhere: they come back to it, or to one of the workspaces
// that they have passed.
func GoesRound(w *v1alpha1.Workspace, via []*v1alpha1.Workspace) bool {
	if QueueLoop(w, via) != "" {
		return true
	}
	return len(via) > 0 && slices.ContainsFunc(via, func(passed *v1alpha1.Workspace) bool {
		return queuesAt(via[len(via)-1], IntakeOf(passed))
	})
}

func queuesAt(w *v1alpha1.Workspace, intake string) bool {
	return w.Spec.Portal != nil && invitation.SameAddress(string(w.Spec.Portal.QueueEmail), intake)
}

// judgeQueueLoop refuses the change that would close a circle of intakes.
func judgeQueueLoop(r Request) []Violation {
	w, is := r.New.(*v1alpha1.Workspace)
	if !is || w.Spec.Portal == nil {
		return nil
	}
	old, was := r.Old.(*v1alpha1.Workspace)
	if was && old != nil && IntakeOf(old) == IntakeOf(w) && queuesAt(old, string(w.Spec.Portal.QueueEmail)) {
		return nil
	}
	if why := QueueLoop(w, r.Facts.IntakesBehind); why != "" {
		return []Violation{invalid(queueField, "queue-loop", string(w.Spec.Portal.QueueEmail), why)}
	}
	return nil
}
