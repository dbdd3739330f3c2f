// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package orggroup

import (
	"context"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/rolebinding"
)

// scope is what the phases of one pass share.
type scope struct {
	// group is the object, whose status the phases fill; before is a copy of it as it is written.
	group, before *v1alpha1.OrgGroup
	// organization is the group's; nil: there is none.
	organization *v1alpha1.Organization
	// grants are the workspaces that the group opens. Unlisted is how many more there are than the status lists.
	grants   []v1alpha1.GroupGrantStatus
	unlisted int
	// namespaces maps the names of those workspaces to their namespaces.
	namespaces map[string]string
	// titleHolder is an older group with the same name for people; nil: there is none.
	titleHolder *v1alpha1.OrgGroup
	// refusal says why the platform does not allow the group of the identity provider; empty: it does, or none is named.
	refusal string

	// plan is what has to change about the RoleBindings once the status is written. Granting is true while that is to come.
	plan     rolebinding.Plan
	granting bool
}

func (r *Reconciler) newScope(ctx context.Context, g *v1alpha1.OrgGroup) (*scope, error) {
	s := &scope{group: g, before: g.DeepCopy(), namespaces: map[string]string{}, refusal: r.identityGroups.Load().WhyRefused(g)}
	var err error
	if s.organization, err = r.cache.Organization(ctx, g.Namespace); err != nil {
		return nil, err
	}
	listing, err := r.cache.WorkspacesByGroup(ctx, g.Namespace, g.Name)
	if err != nil {
		return nil, err
	}
	s.grants, s.unlisted = effective.GroupGrants(listing)
	for _, workspaces := range listing {
		for _, w := range workspaces {
			s.namespaces[w.Name] = w.Status.Namespace
		}
	}
	other, err := r.cache.GroupWithTitle(ctx, g)
	if other != nil && effective.TitlePrecedes(other, g) {
		s.titleHolder = other
	}
	return s, err
}

// identityGroup returns the group of the identity provider that is in force; empty: none is.
func (s *scope) identityGroup() string {
	if s.organization == nil || s.refusal != "" {
		return ""
	}
	return string(s.group.Spec.IdentityGroup)
}
