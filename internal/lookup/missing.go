// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package lookup

import (
	"context"
	"fmt"
	"slices"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/emailaddr"
)

// MissingReferenceWarnings gives a sentence for everything that an object names and that is not there, or is somewhere else. Objects come in
// any order, so it is said and not refused.
func (r Reader) MissingReferenceWarnings(ctx context.Context, object client.Object) ([]string, error) {
	organization, err := r.Organization(ctx, object.GetNamespace())
	if err != nil {
		return nil, err
	}
	var missing []string
	if _, is := object.(*v1alpha1.Organization); !is && organization == nil {
		missing = append(missing, fmt.Sprintf("there is no Organization %q in this namespace yet", object.GetNamespace()))
	}
	missing = append(missing, resendElsewhere(object)...)
	switch o := object.(type) {
	case *v1alpha1.OrgUser:
		return r.missingGrants(ctx, missing, o.Namespace, o.Spec.Workspaces, o.Spec.Modules, organization)
	case *v1alpha1.Invitation:
		return r.missingGrants(ctx, missing, o.Namespace, o.Spec.Workspaces, o.Spec.Modules, organization)
	case *v1alpha1.Organization:
		if missing, err = r.missingClusterRoles(ctx, missing, o); err != nil {
			return nil, err
		}
		return r.missingAssignees(ctx, missing, o.Namespace, o.Spec.Contacts)
	case *v1alpha1.Workspace:
		return r.missingInWorkspace(ctx, missing, o)
	}
	return missing, nil
}

// resendElsewhere says where the annotation that asks for another mail belongs, when it has no effect where it is (WXP-7).
func resendElsewhere(object client.Object) []string {
	if object.GetAnnotations()[v1alpha1.AnnotationResend] == "" {
		return nil
	}
	why := ""
	switch o := object.(type) {
	case *v1alpha1.OrgUser:
		if invited := o.Labels[v1alpha1.LabelInvitation]; invited != "" {
			why = fmt.Sprintf("Invitation %q invites this person, annotate that", invited)
		} else if o.Spec.Onboarding == v1alpha1.OnboardingNone {
			why = "with spec.onboarding None this person is not invited"
		}
	case *v1alpha1.Organization, *v1alpha1.Workspace:
		why = "annotate the Invitation, or the OrgUser that is declared without one"
	}
	if why == "" {
		return nil
	}
	return []string{fmt.Sprintf("metadata.annotations: %s has no effect here: %s", v1alpha1.AnnotationResend, why)}
}

func (r Reader) missingGrants(ctx context.Context, missing []string, namespace string,
	grants []v1alpha1.WorkspaceGrant, modules []v1alpha1.ObjectName, o *v1alpha1.Organization,
) ([]string, error) {
	for _, grant := range grants {
		w, err := r.workspace(ctx, namespace, string(grant.Name))
		if err != nil {
			return nil, err
		}
		if w == nil {
			missing = append(missing, fmt.Sprintf("spec.workspaces: there is no Workspace %q yet", grant.Name))
		}
	}
	for _, name := range modules {
		if o != nil && !slices.ContainsFunc(o.Spec.Subscription.Modules, func(m v1alpha1.Module) bool { return m.Name == name }) {
			missing = append(missing, fmt.Sprintf("spec.modules: the organization's subscription has no module %q", name))
		}
	}
	return missing, nil
}

// maxMissing bounds the warnings about one object: a workspace has up to 10,000 members.
const maxMissing = 10

func (r Reader) missingInWorkspace(ctx context.Context, missing []string, w *v1alpha1.Workspace) ([]string, error) {
	missing, err := r.missingAssignees(ctx, missing, w.Namespace, w.Spec.Contacts)
	if err == nil && len(missing) < maxMissing {
		missing, err = r.missingDeviceAssignees(ctx, missing, w)
	}
	if err == nil && len(missing) < maxMissing {
		missing, err = r.missingMembers(ctx, missing, w)
	}
	return missing, err
}

func (r Reader) missingMembers(ctx context.Context, missing []string, w *v1alpha1.Workspace) ([]string, error) {
	for _, m := range w.Spec.Members {
		if len(missing) >= maxMissing {
			return append(missing, "and more"), nil
		}
		if m.Group != "" {
			users, err := r.UsersByGroup(ctx, w.Namespace, string(m.Group))
			if err != nil {
				return nil, err
			}
			if len(users) == 0 {
				missing = append(missing, fmt.Sprintf("spec.members: nobody is in the group %q yet", m.Group))
			}
			continue
		}
		users, err := r.UsersByEmail(ctx, w.Namespace, string(m.Email))
		if err != nil {
			return nil, err
		}
		if len(users) == 0 {
			missing = append(missing, fmt.Sprintf("spec.members: there is no user with the address %s yet", m.Email))
		}
	}
	return missing, nil
}

// missingAssignees says which assignees of contacts are not there.
func (r Reader) missingAssignees(ctx context.Context, missing []string, namespace string, contacts []v1alpha1.Contact,
) ([]string, error) {
	users, err := r.Assignees(ctx, namespace, contacts)
	if err != nil {
		return nil, err
	}
	for _, c := range contacts {
		if len(missing) >= maxMissing {
			return append(missing, "and more"), nil
		}
		if c.Assignee != "" && len(users[emailaddr.Normalize(string(c.Assignee))]) == 0 {
			missing = append(missing, fmt.Sprintf("spec.contacts: there is no user with the address %s yet: contact %q is without assignee",
				c.Assignee, c.Name))
		}
	}
	return missing, nil
}

// missingDeviceAssignees says for whom an account is made (LMI-4).
func (r Reader) missingDeviceAssignees(ctx context.Context, missing []string, w *v1alpha1.Workspace) ([]string, error) {
	devices, _ := effective.DevicesInForce(w, nil)
	for _, email := range effective.AssigneesOf(devices) {
		if len(missing) >= maxMissing {
			return append(missing, "and more"), nil
		}
		users, err := r.UsersByEmail(ctx, w.Namespace, string(email))
		if err != nil {
			return nil, err
		}
		if len(users) == 0 {
			missing = append(missing, fmt.Sprintf(
				"spec.devices: there is no user with the address %s: Usher makes a Limited account for it", email))
		}
	}
	return missing, nil
}

// missingClusterRoles says which ClusterRoles are not there that an organization's modules name.
func (r Reader) missingClusterRoles(ctx context.Context, missing []string, o *v1alpha1.Organization) ([]string, error) {
	states, err := r.ClusterRoles(ctx, o)
	if err != nil {
		return nil, err
	}
	for n, m := range o.Spec.Subscription.Modules {
		if len(missing) >= maxMissing {
			return append(missing, "and more"), nil
		}
		if m.ClusterRoleName != "" && states[m.ClusterRoleName] == effective.NotFound {
			missing = append(missing, fmt.Sprintf("spec.subscription.modules[%d].clusterRoleName: there is no ClusterRole %q yet",
				n, m.ClusterRoleName))
		}
	}
	return missing, nil
}
