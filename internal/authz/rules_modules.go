// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package authz

import (
	"fmt"
	"slices"
	"strings"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/emailaddr"
)

// judgeModules refuses to let an actor who does not manage the subscription give or remove modules: a module takes a seat that
// is paid for, and binds a ClusterRole in every workspace of the person (GTA-11).
func judgeModules(r Request) []Violation {
	if r.Operation == Delete || managesModules(r.Actor.Role) {
		return nil
	}
	before, after := modulesOf(r.Old), modulesOf(r.New)
	var found []Violation
	if given := without(after, before); len(given) > 0 {
		found = append(found, r.denyModules("give %s", given))
	}
	if removed := without(before, after); len(removed) > 0 {
		found = append(found, r.denyModules("remove %s", removed))
	}
	return found
}

// judgeInvitationModules also refuses to let such an actor give the modules that an Invitation gives already to other people, or
// together with something else, or send it again, or say who answers for them.
func judgeInvitationModules(r Request) []Violation {
	found := judgeModules(r)
	before, _ := r.Old.(*v1alpha1.Invitation)
	after, _ := r.New.(*v1alpha1.Invitation)
	if len(found) > 0 || before == nil || after == nil || len(after.Spec.Modules) == 0 || managesModules(r.Actor.Role) ||
		!changesGrant(before, after) && !changesInviter(before, after) {
		return found
	}
	return []Violation{r.denyModules("change an invitation that gives %s", modulesOf(after))}
}

// judgeModuleHolder also refuses to let such an actor say that a user who has modules is another person: whoever has the new address or
// user name gets the modules.
func judgeModuleHolder(r Request, field string, before, after *v1alpha1.OrgUser) []Violation {
	held := slices.Concat(before.Spec.Modules, without(before.Status.Modules, before.Spec.Modules))
	respelled := field == "spec.email" && emailaddr.Same(string(before.Spec.Email), string(after.Spec.Email))
	if len(held) == 0 || respelled || managesModules(r.Actor.Role) {
		return nil
	}
	v := r.denyModules("change "+strings.TrimPrefix(field, "spec.")+" of a user who has %s", held)
	v.Field = field
	return []Violation{v}
}

// denyModules names nobody who manages the subscription but may not change users at all.
func (r Request) denyModules(format string, names []v1alpha1.ObjectName) Violation {
	could := alternatives(func(role v1alpha1.Role) bool {
		return managesModules(role) && PowerOf(role, AreaUsers) >= PowerManageMembers
	})
	return r.deny("spec.modules", "module-managed", could, format, modulesNamed(names))
}

// managesModules reports whether a role may give modules to those whom it manages.
func managesModules(role v1alpha1.Role) bool { return PowerOf(role, AreaSubscription) == PowerManage }

// modulesOf returns the modules that an object requests for people.
func modulesOf(object any) []v1alpha1.ObjectName {
	switch o := object.(type) {
	case *v1alpha1.OrgUser:
		return o.Spec.Modules
	case *v1alpha1.Invitation:
		return o.Spec.Modules
	default:
		return nil
	}
}

// without returns the names of a list that are not among others.
func without(list, others []v1alpha1.ObjectName) []v1alpha1.ObjectName {
	return slices.DeleteFunc(slices.Clone(list), func(name v1alpha1.ObjectName) bool { return slices.Contains(others, name) })
}

func modulesNamed(names []v1alpha1.ObjectName) string {
	quoted := make([]string, 0, min(len(names), maxNamed)+1)
	for n, name := range names {
		if n == maxNamed {
			quoted = append(quoted, "…")
			break
		}
		quoted = append(quoted, fmt.Sprintf("%q", name))
	}
	if len(names) == 1 {
		return "module " + quoted[0]
	}
	return "modules " + strings.Join(quoted, ", ")
}
