// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package authz

import (
	"fmt"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
)

// Operation is what a request does to an object.
type Operation string

const (
	// Create makes the object.
	Create Operation = "create"
	// Update changes it.
	Update Operation = "update"
	// Delete removes it.
	Delete Operation = "delete"
)

// Reason tells why something is refused.
type Reason string

const (
	// Forbidden is refused because of who asks.
	Forbidden Reason = "Forbidden"
	// Invalid is refused whoever asks.
	Invalid Reason = "Invalid"
)

// Violation is a rule broken by a request.
type Violation struct {
	// Field is the path of the field at fault; empty: the request as a whole.
	Field  string
	Reason Reason
	// Rule names the rule, for the audit log.
	Rule    string
	Message string
	// Value is the value at fault, for Invalid.
	Value string
}

// Facts are what a judgement needs to know beside the objects.
type Facts struct {
	// Organization is the one of the request's namespace; nil: there is none.
	Organization *v1alpha1.Organization
	// OtherAdministrator is true when somebody else than the user of the request is an administrator in force and wishes
	// to stay one. It counts for administrators only.
	OtherAdministrator bool
	// ClusterRoles tells how the ClusterRoles stand that the modules of the request's Organization name.
	ClusterRoles effective.ClusterRoleStates
	// Named tells which of PlacementKeys workspaces name as members.
	Named map[effective.MemberKey]bool
	// IntakeHolder is another workspace, of whatever organization, that wishes the intake address of the request's; nil:
	// there is none.
	IntakeHolder *v1alpha1.Workspace
	// IntakeDomains say where the organizations may take mails in.
	IntakeDomains effective.IntakeDomains
	// IntakeChain are the workspaces whose intakes the mails of the request's pass on to, in their order.
	IntakeChain []*v1alpha1.Workspace
	// SerialHolders are the devices in other workspaces that have a serial number which the request brings into its
	// workspace, by the number's compared form.
	SerialHolders map[string]effective.SerialHolder
	// Namespace is about the namespace of a new Workspace.
	Namespace NamespaceFacts
}

// Request is a change that somebody asks for. Old is nil for Create; New is nil for Delete.
type Request struct {
	Operation Operation
	// Status is true for a write to the status.
	Status bool
	Actor  Actor
	// Organization is the name of the organization, which is that of the namespace.
	Organization string
	Old, New     metav1.Object
	Facts        Facts
}

// object gives the object that the request leaves or removes.
func (r Request) object() metav1.Object {
	if r.Operation == Delete {
		return r.Old
	}
	return r.New
}

// changed gives the paths of the fields of the spec that an update changes.
func (r Request) changed() []string { return ChangedFields(specOf(r.Old), specOf(r.New)) }

// deny makes the violation of a rule about roles: who acts, and who could do it instead.
func (r Request) deny(field, rule, could, format string, args ...any) Violation {
	return Violation{
		Field: field, Reason: Forbidden, Rule: rule,
		Message: fmt.Sprintf("%s: only %s may %s", r.Actor.describe(r.Organization), could, fmt.Sprintf(format, args...)),
	}
}

// denyNoRole refuses who has no role in the organization.
func (r Request) denyNoRole() Violation {
	message := fmt.Sprintf("user %q has no active account in organization %q and may not %s %s: ask one of its "+
		"organization administrators for an invitation", r.Actor.Username, r.Organization, r.Operation, noun(r.object()))
	if _, is := r.object().(*v1alpha1.Organization); is && r.Operation == Create {
		message = fmt.Sprintf("user %q may not create organization %q: only the platform's identities may, which are the group "+
			"%s and those that the operator's settings name", r.Actor.Username, r.Organization, masters)
	}
	return Violation{Reason: Forbidden, Rule: "role-required", Message: message}
}

// noun says what kind of thing an object is.
func noun(object metav1.Object) string {
	switch object.(type) {
	case *v1alpha1.Organization:
		return "the organization"
	case *v1alpha1.OrgUser:
		return "users"
	case *v1alpha1.Invitation:
		return "invitations"
	default:
		return "workspaces"
	}
}

// Judge gives all rules that a request breaks; none: it may pass.
func Judge(r Request) []Violation {
	switch r.Actor.Kind {
	case ActorOperator, ActorCleaner:
		return nil
	case ActorPlatform:
		return slices.Concat(judgeContent(r), judgeProtected(r), judgeInvariants(r))
	case ActorPerson, ActorDelegate:
		return slices.Concat(judgeContent(r), judgeProtected(r), judgeAuthority(r), judgeSelf(r), judgeInvariants(r))
	default:
		return append(judgeContent(r), r.denyNoRole())
	}
}

// judgeContent: an object on its way out, or one whose spec stays as it is, need not be mended first.
func judgeContent(r Request) []Violation {
	if r.Operation == Delete || r.Status || r.Operation == Update && len(r.changed()) == 0 {
		return nil
	}
	return append(CheckContent(r.New), slices.Concat(judgeNamespace(r), judgeIntake(r), judgeQueueLoop(r), judgeSerials(r))...)
}

// judgeAuthority asks the role table.
func judgeAuthority(r Request) []Violation {
	switch r.object().(type) {
	case *v1alpha1.Organization:
		return append(judgeOrganization(r), judgeReport(r)...)
	case *v1alpha1.OrgUser:
		return judgeUser(r)
	case *v1alpha1.Invitation:
		return append(judgeInvitation(r), judgeInviter(r)...)
	default:
		return judgeArea(r, AreaWorkspaces, "workspaces")
	}
}

// judgeArea refuses who does not manage an area at all.
func judgeArea(r Request, area Area, noun string) []Violation {
	if PowerOf(r.Actor.Role, area) >= PowerManageMembers {
		return nil
	}
	return []Violation{r.deny("", "area-managed", managersOf(area), "%s %s", r.Operation, noun)}
}
