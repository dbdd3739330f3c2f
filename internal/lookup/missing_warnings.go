// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package lookup

import (
	"context"
	"fmt"
	"strings"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/emailaddr"
)

// maxWarnings bounds the warnings about one object: a workspace has up to 10,000 members.
const maxWarnings = 10

// andMore stands for the warnings beyond maxWarnings.
const andMore = "and more"

// MissingReferenceWarnings returns a sentence for each thing that an object names and that does not exist or is somewhere
// else. Objects may be created in any order, so this is a warning and not a refusal.
func (r Reader) MissingReferenceWarnings(ctx context.Context, object client.Object) ([]string, error) {
	organization, err := r.Organization(ctx, object.GetNamespace())
	if err != nil {
		return nil, err
	}
	var warnings []string
	if _, is := object.(*v1alpha1.Organization); !is && organization == nil {
		warnings = append(warnings, fmt.Sprintf("there is no Organization %q in this namespace yet", object.GetNamespace()))
	}
	warnings = append(warnings, resendWarnings(object)...)
	switch o := object.(type) {
	case *v1alpha1.OrgUser:
		if warnings, err = r.addBorrowedUser(ctx, warnings, o); err != nil {
			return nil, err
		}
		changes, err := r.emailChangeWarnings(ctx, o)
		if err != nil {
			return nil, err
		}
		warnings = append(warnings, changes...)
		return r.addMissingGrants(ctx, warnings, o.Namespace, o.Spec.Workspaces, o.Spec.Modules, organization)
	case *v1alpha1.Invitation:
		warnings = append(warnings, joinedNameWarnings(o)...)
		return r.addMissingGrants(ctx, warnings, o.Namespace, o.Spec.Workspaces, o.Spec.Modules, organization)
	case *v1alpha1.Organization:
		if warnings, err = r.addBorrowedDelegates(ctx, warnings, o); err != nil {
			return nil, err
		}
		if warnings, err = r.addMissingClusterRoles(ctx, warnings, o); err != nil {
			return nil, err
		}
		if warnings, err = r.addDirectoryGaps(ctx, warnings, o); err != nil {
			return nil, err
		}
		return r.addMissingAssignees(ctx, warnings, o.Namespace, o.Spec.Contacts, o)
	case *v1alpha1.Workspace:
		if warnings, err = r.addTakenNamespace(ctx, warnings, o); err != nil {
			return nil, err
		}
		return r.addMissingInWorkspace(ctx, warnings, o, organization)
	case *v1alpha1.OrgGroup:
		return r.addMissingListed(ctx, warnings, o)
	}
	return warnings, nil
}

func (r Reader) addMissingGrants(ctx context.Context, warnings []string, namespace string,
	grants []v1alpha1.WorkspaceGrant, modules []v1alpha1.ObjectName, o *v1alpha1.Organization,
) ([]string, error) {
	for _, grant := range grants {
		w, err := r.workspace(ctx, namespace, string(grant.Name))
		if err != nil {
			return nil, err
		}
		if w == nil {
			warnings = append(warnings, fmt.Sprintf("spec.workspaces: there is no Workspace %q yet", grant.Name))
		}
	}
	for _, name := range modules {
		if o != nil && !effective.HasModule(o, name) {
			warnings = append(warnings, fmt.Sprintf("spec.modules: the organization's subscription has no module %q", name))
		}
	}
	return warnings, nil
}

func (r Reader) addMissingInWorkspace(ctx context.Context, warnings []string, w *v1alpha1.Workspace, o *v1alpha1.Organization,
) ([]string, error) {
	warnings, err := r.addMissingAssignees(ctx, warnings, w.Namespace, w.Spec.Contacts, o)
	if err == nil && len(warnings) < maxWarnings {
		warnings, err = r.addMissingDeviceAssignees(ctx, warnings, w, o)
	}
	if err == nil && len(warnings) < maxWarnings {
		warnings, err = r.addMissingMembers(ctx, warnings, w)
	}
	return warnings, err
}

func (r Reader) addMissingMembers(ctx context.Context, warnings []string, w *v1alpha1.Workspace) ([]string, error) {
	for _, m := range effective.DistinctMembers(w.Spec.Members) {
		if len(warnings) >= maxWarnings {
			return append(warnings, andMore), nil
		}
		exists, err := r.memberExists(ctx, w.Namespace, m)
		if err != nil {
			return nil, err
		}
		switch {
		case exists:
		case m.Group != "":
			warnings = append(warnings, fmt.Sprintf("spec.members: nobody is in the group %q yet", m.Group))
		default:
			warnings = append(warnings, fmt.Sprintf("spec.members: there is no user with the address %s yet", m.Email))
		}
	}
	return warnings, nil
}

// addMissingListed names the addresses that a group lists and that no user has.
func (r Reader) addMissingListed(ctx context.Context, warnings []string, g *v1alpha1.OrgGroup) ([]string, error) {
	for _, address := range effective.GroupMembers(g) {
		if len(warnings) >= maxWarnings {
			return append(warnings, andMore), nil
		}
		known, err := r.HasEmail(ctx, g.Namespace, address)
		if err != nil {
			return nil, err
		}
		if !known {
			warnings = append(warnings, fmt.Sprintf("spec.members: there is no user with the address %s yet", address))
		}
	}
	return warnings, nil
}

// addMissingAssignees names the assignees of contacts who do not exist. The primary administrator of an organization that has no
// administrator yet is not missing: Usher invites that person, if nobody else is declared.
func (r Reader) addMissingAssignees(ctx context.Context, warnings []string, namespace string, contacts []v1alpha1.Contact,
	o *v1alpha1.Organization,
) ([]string, error) {
	users, err := r.Assignees(ctx, namespace, contacts)
	if err != nil {
		return nil, err
	}
	for _, c := range contacts {
		if len(warnings) >= maxWarnings {
			return append(warnings, andMore), nil
		}
		first := o != nil && len(o.Status.Administrators) == 0 && emailaddr.Same(string(c.Assignee), primaryAddress(o))
		if c.Assignee != "" && !first && len(users[emailaddr.Normalize(string(c.Assignee))]) == 0 {
			warnings = append(warnings, fmt.Sprintf("spec.contacts: there is no user with the address %s yet: contact %q stays unassigned "+
				"until there is", c.Assignee, c.Name))
		}
	}
	return warnings, nil
}

// addMissingDeviceAssignees names the assignees of devices for whom an account will be created (LMI-4). It keeps silent about those at
// other mail domains than the organization's: that customers get accounts is what devices with assignees are for, and only an address
// like a colleague's may be a colleague's that is misspelled.
func (r Reader) addMissingDeviceAssignees(ctx context.Context, warnings []string, w *v1alpha1.Workspace, o *v1alpha1.Organization,
) ([]string, error) {
	devices, _ := effective.DevicesInForce(w, nil)
	for _, email := range effective.AssigneesOf(devices) {
		if len(warnings) >= maxWarnings {
			return append(warnings, andMore), nil
		}
		if own := domainOf(primaryAddress(o)); own != "" && own != domainOf(string(email)) {
			continue
		}
		users, err := r.UsersByEmail(ctx, w.Namespace, string(email))
		if err != nil {
			return nil, err
		}
		if len(users) == 0 {
			warnings = append(warnings, fmt.Sprintf(
				"spec.devices: there is no user with the address %s: Usher will create a Limited account for it", email))
		}
	}
	return warnings, nil
}

// domainOf returns the mail domain of an address, or nothing if there is no address.
func domainOf(email string) string {
	_, domain, _ := strings.Cut(emailaddr.Normalize(email), "@")
	return domain
}

// primaryAddress returns the address of an organization's primary administrator, or nothing if there is none.
func primaryAddress(o *v1alpha1.Organization) string {
	if o == nil || o.Spec.PrimaryAdministrator == nil {
		return ""
	}
	return string(o.Spec.PrimaryAdministrator.Email)
}

// addDirectoryGaps names what spec.directory of an organization names and does not exist.
func (r Reader) addDirectoryGaps(ctx context.Context, warnings []string, o *v1alpha1.Organization) ([]string, error) {
	gaps, err := r.DirectoryGaps(ctx, o)
	if room := max(0, maxWarnings-len(warnings)); len(gaps) > room {
		gaps = append(gaps[:room:room], andMore)
	}
	return append(warnings, gaps...), err
}

// addMissingClusterRoles names the ClusterRoles that an organization's modules name and that do not exist.
func (r Reader) addMissingClusterRoles(ctx context.Context, warnings []string, o *v1alpha1.Organization) ([]string, error) {
	states, err := r.ClusterRoles(ctx, o)
	if err != nil {
		return nil, err
	}
	for n, m := range o.Spec.Subscription.Modules {
		if len(warnings) >= maxWarnings {
			return append(warnings, andMore), nil
		}
		if m.ClusterRoleName != "" && states[m.ClusterRoleName] == effective.NotFound {
			warnings = append(warnings, fmt.Sprintf("spec.subscription.modules[%d].clusterRoleName: there is no ClusterRole %q yet",
				n, m.ClusterRoleName))
		}
	}
	return warnings, nil
}
