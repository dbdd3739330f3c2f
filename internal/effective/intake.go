// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package effective

import (
	"fmt"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/emailaddr"
)

// IntakeOf gives the address at which a workspace wishes to take mails in, in the form in which addresses are compared;
// empty: it takes none.
func IntakeOf(w *v1alpha1.Workspace) string {
	if w.Spec.Portal == nil || w.Spec.Portal.IntakeEmail == "" {
		return ""
	}
	return emailaddr.Normalize(string(w.Spec.Portal.IntakeEmail))
}

// IntakeHolder gives the one of all workspaces that wish the same intake address that has it in force: the oldest, and of
// those of one age the first by organization and name. One that is on its way out, or whose organization may not take mails
// in there, has none. Nil: nobody has it.
func IntakeHolder(wishing []*v1alpha1.Workspace, domains IntakeDomains) *v1alpha1.Workspace {
	var holder *v1alpha1.Workspace
	for _, w := range wishing {
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

// IntakeTakenMessage says that another workspace has the intake address that a workspace wishes. The other one is named to its own
// organization only.
func IntakeTakenMessage(w, holder *v1alpha1.Workspace) string {
	whose := "a workspace of another organization"
	if holder.Namespace == w.Namespace {
		whose = fmt.Sprintf("workspace %q", holder.Name)
	}
	return fmt.Sprintf("is the intake address of %s already: an intake address belongs to one workspace, give this one another",
		whose)
}
