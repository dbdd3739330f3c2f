// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package rolebinding

import (
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/usher-operator/usher/api/v1alpha1"
)

// Plan is what has to change so that a holder has the bindings that follow from what is in force.
type Plan struct {
	// Delete are bindings in whose place no other comes.
	Delete []*rbacv1.RoleBinding
	// Apply are bindings that are missing or different.
	Apply []*rbacv1.RoleBinding
	// Replaced are bindings in whose place others come. The others exist before these are deleted.
	Replaced []*rbacv1.RoleBinding
}

// Empty reports whether nothing has to change.
func (p Plan) Empty() bool { return len(p.Delete)+len(p.Apply)+len(p.Replaced) == 0 }

// bindingSlot is where a holder has one access: a module's, or in the namespace itself. A binding that comes into the slot of
// another one replaces it.
type bindingSlot struct{ namespace, module string }

func slotOf(b *rbacv1.RoleBinding) bindingSlot {
	return bindingSlot{b.Namespace, b.Labels[v1alpha1.LabelModule]}
}

// NewPlan compares the bindings that a holder is to have with those that exist, so that nothing is written when nothing differs.
func NewPlan(h Holder, wanted []Binding, existing []*rbacv1.RoleBinding) Plan {
	others := make(map[types.NamespacedName]*rbacv1.RoleBinding, len(existing))
	for _, e := range existing {
		others[keyOf(e)] = e
	}
	var plan Plan
	taken := make(map[bindingSlot]bool, len(wanted))
	for _, b := range wanted {
		taken[bindingSlot{b.Namespace, b.Module}] = true
		want := b.Build(h)
		if have, exists := others[keyOf(want)]; !exists || !sameBinding(have, want) {
			plan.Apply = append(plan.Apply, want)
		}
		delete(others, keyOf(want))
	}
	for _, e := range existing {
		switch _, other := others[keyOf(e)]; {
		case !other:
		case taken[slotOf(e)]:
			plan.Replaced = append(plan.Replaced, e)
		default:
			plan.Delete = append(plan.Delete, e)
		}
	}
	return plan
}

func keyOf(b *rbacv1.RoleBinding) types.NamespacedName {
	return types.NamespacedName{Namespace: b.Namespace, Name: b.Name}
}

// sameBinding reports whether an existing binding is as it should be. Labels of somebody else's on it do not matter.
func sameBinding(have, want *rbacv1.RoleBinding) bool {
	if have.RoleRef != want.RoleRef || len(have.Subjects) != 1 || have.Subjects[0] != want.Subjects[0] {
		return false
	}
	for key, value := range want.Labels {
		if have.Labels[key] != value {
			return false
		}
	}
	return true
}
