// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package authz

import (
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/usher-operator/usher/api/v1alpha1"
)

// Reason says why a request is refused.
type Reason string

const (
	// Forbidden is refused because of who asks.
	Forbidden Reason = "Forbidden"
	// Invalid is refused whoever asks.
	Invalid Reason = "Invalid"
)

// Violation is a rule that a request breaks.
type Violation struct {
	// Field is the path of the field at fault. If empty, the request as a whole is at fault.
	Field  string
	Reason Reason
	// Rule names the rule, for the audit log.
	Rule string
	// Actor says who asks, in which role. It is the beginning of Message, so that a list of violations can say it once.
	// Empty if Message does not begin so.
	Actor string
	// Message is a complete sentence: what is refused, and who could do it or what to do.
	Message string
	// Value is the value at fault, for Invalid.
	Value string
}

// refuse returns a violation whose message begins with who acts, in which role.
func (r Request) refuse(field string, reason Reason, rule, format string, args ...any) Violation {
	actor := r.Actor.describe(r.Organization) + ": "
	return Violation{Field: field, Reason: reason, Rule: rule, Actor: actor, Message: actor + fmt.Sprintf(format, args...)}
}

// deny returns the violation of a rule about roles. Could names those who may do it instead.
func (r Request) deny(field, rule, could, format string, args ...any) Violation {
	v := r.refuse(field, Forbidden, rule, "only %s may %s", could, fmt.Sprintf(format, args...))
	if could == organizationAdmins && r.Facts.Organization != nil && !hasAdministrator(r.Facts.Organization) {
		v.Message += "; none is in force yet: ask the platform team"
	}
	return v
}

// denyNoRole refuses a user who has no role in the organization.
func (r Request) denyNoRole() Violation {
	message := fmt.Sprintf("user %q has no active account in organization %q and may not %s %s: ask an OrganizationAdmin for an "+
		"invitation", r.Actor.Username, r.Organization, r.Operation, noun(r.object()))
	if !hasAdministrator(r.Facts.Organization) {
		message = fmt.Sprintf("user %q has no active account in organization %q and may not %s %s: the organization has no "+
			"OrganizationAdmin in force yet: ask the platform team", r.Actor.Username, r.Organization, r.Operation, noun(r.object()))
	}
	if _, is := r.object().(*v1alpha1.Organization); is && r.Operation == Create {
		message = fmt.Sprintf("user %q may not create organization %q: only platform identities may, which are the group %s and "+
			"the users and groups that the operator's configuration names; ask the platform team",
			r.Actor.Username, r.Organization, masters)
	}
	return Violation{Reason: Forbidden, Rule: "role-required", Message: message}
}

// noun returns a word for the kind of an object.
func noun(object metav1.Object) string {
	switch object.(type) {
	case *v1alpha1.Organization:
		return "the organization"
	case *v1alpha1.OrgUser:
		return "users"
	case *v1alpha1.Invitation:
		return "invitations"
	case *v1alpha1.OrgGroup:
		return "groups"
	default:
		return "workspaces"
	}
}
