// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package invitation

import (
	"fmt"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/authz"
	"github.com/usher-operator/usher/internal/wording"
)

// unauthorized says why nobody can accept, and how somebody else becomes the inviter: by a field or, where people have been turned away
// meanwhile, by inviting these again.
func (t *tally) unauthorized(i *v1alpha1.Invitation) string {
	why := "nobody can accept, because nobody answers for this Invitation: spec.invitedBy is empty"
	if i.Spec.InvitedBy != "" {
		why = fmt.Sprintf("nobody can accept, because the inviter %q may not give the role %q%s",
			i.Spec.InvitedBy, i.Spec.Role, withModules(i))
	}
	if len(t.turnedAway) == 0 {
		return why + ". Somebody who may give the role can take the Invitation over, and the links stay valid: " +
			authz.TakeOver(i.Namespace, "<your user name>", i.Name) + " (in Git, if that sets spec.invitedBy)"
	}
	return fmt.Sprintf("%s. %s tried to accept and must be invited again. Somebody who may give the role does so, and becomes the "+
		"inviter: %s", why, wording.Some(t.turnedAway), inviteAgain(i, t.turnedAway))
}

// turnedAwayBefore says how those are invited again who were turned away before somebody else became the inviter.
func (t *tally) turnedAwayBefore(i *v1alpha1.Invitation) string {
	return fmt.Sprintf("%s tried to accept while the inviter was not allowed to give the role %q%s, and must be invited again: %s",
		wording.Some(t.turnedAway), i.Spec.Role, withModules(i), inviteAgain(i, t.turnedAway))
}

// withModules names the modules that an Invitation gives, because giving them takes another right than giving the role.
func withModules(i *v1alpha1.Invitation) string {
	word := " with the modules "
	switch len(i.Spec.Modules) {
	case 0:
		return ""
	case 1:
		word = " with the module "
	}
	names := make([]string, 0, len(i.Spec.Modules))
	for _, name := range i.Spec.Modules {
		names = append(names, string(name))
	}
	return word + wording.Some(names)
}
