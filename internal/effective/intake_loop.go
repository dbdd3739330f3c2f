// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package effective

import (
	"fmt"
	"slices"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/emailaddr"
)

// QueueLoopMessage says that the mail of a workspace's intake would come back to it. Chain lists, in order, the workspaces
// whose intakes the mail passes through. The message is empty if the mail would not come back. A workspace of another
// organization is not named.
func QueueLoopMessage(w *v1alpha1.Workspace, chain []*v1alpha1.Workspace) string {
	back := func(next *v1alpha1.Workspace) bool { return HasQueue(next, IntakeOf(w)) }
	if IntakeOf(w) == "" || !slices.ContainsFunc(chain, back) && !endsAt(chain, IntakeOf(w)) {
		return ""
	}
	whose := "a workspace of another organization"
	if chain[0].Namespace == w.Namespace {
		whose = fmt.Sprintf("workspace %q", chain[0].Name)
	}
	return fmt.Sprintf("is the intake address of %s, whose queue leads back here: mail would loop; use the address of a mailbox "+
		"that people read", whose)
}

// IntakeLoops reports whether the mail of a workspace's intake never arrives: it comes back to the workspace, or to one of
// those in the chain.
func IntakeLoops(w *v1alpha1.Workspace, chain []*v1alpha1.Workspace) bool {
	if QueueLoopMessage(w, chain) != "" {
		return true
	}
	return len(chain) > 0 && slices.ContainsFunc(chain, func(passed *v1alpha1.Workspace) bool {
		return endsAt(chain, IntakeOf(passed))
	})
}

// endsAt reports whether the queue of the last workspace in a chain is an address, or leads there because no workspace has the address
// with the detail after the plus sign.
func endsAt(chain []*v1alpha1.Workspace, address string) bool {
	if len(chain) == 0 {
		return false
	}
	last := chain[len(chain)-1]
	if last.Spec.Portal == nil {
		return false
	}
	base, _ := emailaddr.WithoutDetail(string(last.Spec.Portal.QueueEmail))
	return HasQueue(last, address) || emailaddr.Same(base, address)
}

// HasQueue reports whether a workspace's queue has an address.
func HasQueue(w *v1alpha1.Workspace, address string) bool {
	return w.Spec.Portal != nil && emailaddr.Same(string(w.Spec.Portal.QueueEmail), address)
}
