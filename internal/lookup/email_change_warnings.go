// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package lookup

import (
	"context"
	"fmt"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
)

// emailChangeWarnings says what follows from another address of a user, and what does not: Usher changes no spec that names the former
// one.
func (r Reader) emailChangeWarnings(ctx context.Context, u *v1alpha1.OrgUser) ([]string, error) {
	if !effective.ChangesEmail(u) || effective.AwaitsInvitee(u) {
		return nil, nil
	}
	former, when := string(effective.EmailOf(u)), "at once"
	if effective.ConfirmsEmail(u) {
		when = fmt.Sprintf("once the person confirms it by the link in a mail to it; until then %s stays in force", former)
	}
	warnings := []string{fmt.Sprintf("spec.email: %s comes into force %s", u.Spec.Email, when)}
	if u.Spec.Username == "" && u.Status.UsernameSource == v1alpha1.UsernameFromAddress {
		warnings = append(warnings, fmt.Sprintf("spec.email: the Kubernetes user name %s then becomes %s, unless spec.username is set",
			u.Status.Username, r.names.ForAddress(string(u.Spec.Email))))
	}
	places, err := r.placesOf(ctx, u.Namespace, former)
	for _, w := range places {
		if len(warnings) >= maxWarnings {
			return append(warnings, andMore), err
		}
		warnings = append(warnings, fmt.Sprintf("spec.email: workspace %q names %s as a member or an assignee, which does not follow: "+
			"name %s there as well", w.Name, former, u.Spec.Email))
	}
	if err != nil {
		return nil, err
	}
	groups, err := r.GroupsListing(ctx, u.Namespace, former)
	for _, g := range groups {
		if effective.FromDirectory(g) {
			continue // it follows
		}
		if len(warnings) >= maxWarnings {
			return append(warnings, andMore), err
		}
		warnings = append(warnings, fmt.Sprintf("spec.email: OrgGroup %q lists %s, which does not follow: list %s there as well", g.Name,
			former, u.Spec.Email))
	}
	return warnings, err
}

// placesOf returns the workspaces that name an address as a member, or as the assignee of a contact or a device.
func (r Reader) placesOf(ctx context.Context, namespace, email string) ([]*v1alpha1.Workspace, error) {
	places, err := r.WorkspacesByAssignee(ctx, namespace, email)
	seen := map[string]bool{}
	for _, w := range places {
		seen[w.Name] = true
	}
	for _, access := range effective.Accesses {
		if err != nil {
			return nil, err
		}
		var found []*v1alpha1.Workspace
		found, err = r.workspacesByMember(ctx, namespace, effective.AddressKey(email), access)
		for _, w := range found {
			if !seen[w.Name] {
				seen[w.Name], places = true, append(places, w)
			}
		}
	}
	return places, err
}
