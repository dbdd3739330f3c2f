// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package lookup

import (
	"context"
	"fmt"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/emailaddr"
)

// InheritanceWarnings returns a sentence for each address that a change gives to somebody new, and that workspaces name already: they
// may mean the person who had the address before. Old is nil for a new object.
func (r Reader) InheritanceWarnings(ctx context.Context, old, changed metav1.Object) ([]string, error) {
	organization, err := r.Organization(ctx, changed.GetNamespace())
	if err != nil || organization == nil {
		return nil, err
	}
	var warnings []string
	for _, person := range newcomers(old, changed) {
		if len(warnings) >= maxWarnings {
			return append(warnings, andMore), nil
		}
		if warnings, err = r.addInheritance(ctx, warnings, organization, person); err != nil {
			return nil, err
		}
	}
	return warnings, nil
}

// newcomer is a person whom a change adds to an organization.
type newcomer struct {
	field, email string
	// granted are the workspaces that the change itself gives.
	granted []v1alpha1.WorkspaceGrant
}

// newcomers returns the people whom a change adds. Left out are those who do not inherit anything: administrators, who have access to
// all workspaces anyway, and Limited accounts, who have access to none.
func newcomers(old, changed metav1.Object) []newcomer {
	switch o := changed.(type) {
	case *v1alpha1.OrgUser:
		if old == nil && !effective.IsLimited(o) && o.Spec.Role != v1alpha1.RoleOrganizationAdmin {
			return []newcomer{{"spec.email", string(o.Spec.Email), o.Spec.Workspaces}}
		}
	case *v1alpha1.Invitation:
		if o.Spec.Role != v1alpha1.RoleOrganizationAdmin {
			return newlyInvited(old, o)
		}
	}
	return nil
}

func newlyInvited(old metav1.Object, i *v1alpha1.Invitation) []newcomer {
	named := map[string]bool{}
	if before, is := old.(*v1alpha1.Invitation); is {
		if slices.Equal(before.Spec.Emails, i.Spec.Emails) {
			return nil
		}
		people, _ := emailaddr.ParseList(before.Spec.Emails) // what cannot be read invites nobody
		for _, p := range people {
			named[emailaddr.Normalize(p.Email)] = true
		}
	}
	people, _ := emailaddr.ParseList(i.Spec.Emails) // a malformed list is refused
	var added []newcomer
	for _, p := range people {
		if !named[emailaddr.Normalize(p.Email)] {
			added = append(added, newcomer{"spec.emails", p.Email, i.Spec.Workspaces})
		}
	}
	return added
}

func (r Reader) addInheritance(ctx context.Context, warnings []string, o *v1alpha1.Organization, person newcomer) ([]string, error) {
	present, err := r.UsersByEmail(ctx, o.Namespace, person.email)
	if err != nil || slices.ContainsFunc(present, func(u *v1alpha1.OrgUser) bool { return !effective.IsLimited(u) }) {
		return warnings, err // nobody new
	}
	references, err := r.AddressReferences(ctx, o, person.email, "")
	if err != nil {
		return nil, err
	}
	if names := without(references.Members, person.granted); len(names) > 0 {
		warnings = append(warnings, fmt.Sprintf("%s: spec.members of workspaces names %s already: %s. The new user gets this access; if "+
			"it was meant for somebody who had the address before, remove it there", person.field, person.email, listed(names)))
	}
	if len(references.Groups) > 0 {
		warnings = append(warnings, fmt.Sprintf("%s: spec.members of OrgGroups names %s already: %s. The new user gets the access of "+
			"these groups; if it was meant for somebody who had the address before, remove it there", person.field, person.email,
			listed(references.Groups)))
	}
	if len(references.Devices) > 0 && len(present) == 0 {
		warnings = append(warnings, fmt.Sprintf("%s: spec.devices of workspaces names %s already: %s. If this was meant for somebody who "+
			"had the address before, assign the devices anew", person.field, person.email, listed(references.Devices)))
	}
	return warnings, nil
}

// workspacesInForce returns the names of a user's workspaces.
func workspacesInForce(u *v1alpha1.OrgUser) []string {
	names := make([]string, 0, len(u.Status.Workspaces))
	for n := range u.Status.Workspaces {
		names = append(names, u.Status.Workspaces[n].Name)
	}
	return names
}

// addRemaining says what still names a user who is to be deleted. What names the address means the heir from then on, if there is one.
func (r Reader) addRemaining(ctx context.Context, warnings []string, o *v1alpha1.Organization, user, heir *v1alpha1.OrgUser,
) ([]string, error) {
	references, err := r.AddressReferences(ctx, o, string(effective.EmailOf(user)), user.UID)
	if err != nil {
		return nil, err
	}
	if len(references.Members) > 0 && heir == nil {
		warnings = append(warnings, fmt.Sprintf("spec.members of workspaces still names %s: %s. The next user with this address gets that "+
			"access; remove it there unless the person returns", effective.EmailOf(user), listed(references.Members)))
	}
	if len(references.Groups) > 0 && heir == nil {
		warnings = append(warnings, fmt.Sprintf("spec.members of OrgGroups still names %s: %s. The next user with this address gets the "+
			"access of these groups; remove it there unless the person returns", effective.EmailOf(user), listed(references.Groups)))
	}
	if len(references.Invitations) > 0 && heir == nil {
		warnings = append(warnings, fmt.Sprintf("spec.emails of Invitations still names %s: %s. Sending one again invites the person "+
			"again; remove the address there unless the person returns", effective.EmailOf(user), listed(references.Invitations)))
	}
	if names := workspacesInForce(user); len(names) > 0 && heir == nil {
		warnings = append(warnings, fmt.Sprintf("RoleBindings that Usher did not create stay in the namespaces of these workspaces: %s. "+
			"If one names the user %q, the condition %s of the Workspace will say so", firstOf(names), user.Status.Username,
			v1alpha1.ConditionAccountsExist))
	}
	if len(references.Contacts) > 0 {
		warnings = append(warnings, fmt.Sprintf("contacts are assigned to %s: %s. They become unassigned, and stay so whoever has the "+
			"address later, until you name an assignee anew", effective.EmailOf(user), listed(references.Contacts)))
	}
	return warnings, nil
}
