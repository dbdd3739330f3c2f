// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package authz

import (
	"slices"

	"github.com/usher-operator/usher/api/v1alpha1"
)

const (
	ruleUsherOnly  = "usher-only"
	ruleNotOneself = "not-oneself"
)

// finality says for how many others a refusal holds as well. The greater it is, the more they are. It is zero if another role, or another
// person, makes no difference to what is to be corrected.
func (v Violation) finality() int {
	switch {
	case v.Rule == ruleUsherOnly, v.Rule == ruleDirectoryKept, v.Rule == RuleLastAdministrator:
		return 3 // for everybody
	case v.Rule == ruleNotOneself:
		return 2 // for this person, in whatever role
	case v.Reason == Forbidden:
		return 1 // for this role
	default:
		return 0
	}
}

// withoutFutileAdvice leaves out each violation that advises to ask somebody who would be refused as well: because of another
// violation about the same thing.
func withoutFutileAdvice(r Request, violations []Violation) []Violation {
	return slices.DeleteFunc(slices.Clone(violations), func(v Violation) bool {
		return v.finality() > 0 && slices.ContainsFunc(violations, func(other Violation) bool {
			return other.finality() > v.finality() && other.covers(r, v)
		})
	})
}

// covers reports whether a violation is about everything that another one is about.
func (v Violation) covers(r Request, other Violation) bool {
	switch {
	case r.Operation == Delete, other.Field == "", other.Field == v.Field:
		return true
	case v.Rule == RuleLastAdministrator:
		return other.Field == "spec.role" || other.Field == "spec.suspend" // each would end the role
	default:
		return false
	}
}

// organizationAdmins is how refusals name those who may do everything.
const organizationAdmins = "an " + string(v1alpha1.RoleOrganizationAdmin)

// hasAdministrator reports whether somebody in an organization may do everything: a person in force, or a delegate.
func hasAdministrator(o *v1alpha1.Organization) bool {
	return o != nil && (len(o.Status.Administrators) > 0 || slices.ContainsFunc(o.Spec.Delegates, func(d v1alpha1.Delegate) bool {
		return d.Role == v1alpha1.RoleOrganizationAdmin
	}))
}
