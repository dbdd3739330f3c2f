// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package effective

import (
	"fmt"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/emailaddr"
)

// IntakeOf returns the address at which a workspace requests to receive mail, in its normal form. It is empty if the
// workspace requests none.
func IntakeOf(w *v1alpha1.Workspace) string {
	if w.Spec.Portal == nil || w.Spec.Portal.IntakeEmail == "" {
		return ""
	}
	return emailaddr.Normalize(string(w.Spec.Portal.IntakeEmail))
}

// IntakeHolder returns the workspace that has an intake address in force, given all workspaces that request it: the oldest,
// and of those of the same age the first by organization and name. A workspace that is being deleted, or whose organization
// may not receive mail there, cannot have it. IntakeHolder returns nil if no workspace has the address.
func IntakeHolder(requesting []*v1alpha1.Workspace, domains IntakeDomains) *v1alpha1.Workspace {
	var holder *v1alpha1.Workspace
	for _, w := range requesting {
		may := w.DeletionTimestamp.IsZero() && IntakeOf(w) != "" && domains.RefusalMessage(w) == ""
		if may && (holder == nil || olderWorkspace(w, holder)) {
			holder = w
		}
	}
	return holder
}

func olderWorkspace(a, b *v1alpha1.Workspace) bool {
	if !a.CreationTimestamp.Equal(&b.CreationTimestamp) {
		return a.CreationTimestamp.Before(&b.CreationTimestamp)
	}
	return a.Namespace+"/"+a.Name < b.Namespace+"/"+b.Name
}

// IntakeTakenMessage says that another workspace has the intake address that a workspace requests. The name of the other
// workspace is told to its own organization only.
func IntakeTakenMessage(w, holder *v1alpha1.Workspace) string {
	whose := "a workspace of another organization"
	if holder.Namespace == w.Namespace {
		whose = fmt.Sprintf("workspace %q", holder.Name)
	}
	return fmt.Sprintf("is already the intake address of %s: an intake address belongs to one workspace; use another address", whose)
}
