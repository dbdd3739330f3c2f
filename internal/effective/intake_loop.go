// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package effective

import (
	"fmt"
	"slices"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/emailaddr"
)

// QueueLoopMessage says that the mails of a workspace's intake would come back to it, by way of the workspaces whose intakes they
// pass on to, in their order; empty: they would not. Another organization's workspace is not named.
func QueueLoopMessage(w *v1alpha1.Workspace, via []*v1alpha1.Workspace) string {
	back := func(next *v1alpha1.Workspace) bool { return HasQueue(next, IntakeOf(w)) }
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

// IntakeLoops tells whether the mails of a workspace's intake end nowhere: they come back to it, or to one of the workspaces
// that they have passed.
func IntakeLoops(w *v1alpha1.Workspace, via []*v1alpha1.Workspace) bool {
	if QueueLoopMessage(w, via) != "" {
		return true
	}
	return len(via) > 0 && slices.ContainsFunc(via, func(passed *v1alpha1.Workspace) bool {
		return HasQueue(via[len(via)-1], IntakeOf(passed))
	})
}

// HasQueue reports whether a workspace's queue has this address.
func HasQueue(w *v1alpha1.Workspace, intake string) bool {
	return w.Spec.Portal != nil && emailaddr.Same(string(w.Spec.Portal.QueueEmail), intake)
}
