// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package orguser

import (
	"context"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/delivery/attempt"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/lookup"
	"github.com/usher-operator/usher/internal/wording"
)

// remaining returns what goes on naming a user who is being removed. It is empty for somebody who never accepted, if somebody else has the
// address from then on, whom that means, or if the organization goes as well.
func (r *Reconciler) remaining(ctx context.Context, o *v1alpha1.Organization, u *v1alpha1.OrgUser) (lookup.AddressReferences, error) {
	if o == nil || !o.DeletionTimestamp.IsZero() || !effective.IsAccepted(u) {
		return lookup.AddressReferences{}, nil
	}
	same, err := r.cache.UsersByEmail(ctx, u.Namespace, string(effective.EmailOf(u)))
	if err != nil || effective.Heir(u, same) != nil {
		return lookup.AddressReferences{}, err
	}
	return r.cache.AddressReferences(ctx, o, string(effective.EmailOf(u)), u.UID)
}

// maxNote is how many bytes an event's text may have.
const maxNote = 1000

// reportRemaining emits an event about what still names a user who was removed (ORG-26). Its object is the Organization, because the
// user's is gone.
func (r *Reconciler) reportRemaining(o *v1alpha1.Organization, u *v1alpha1.OrgUser, remains lookup.AddressReferences) {
	var places []string
	add := func(where string, names []string) {
		if len(names) > 0 {
			places = append(places, where+wording.Some(names))
		}
	}
	add("spec.members of the workspaces ", remains.Members)
	add("spec.members of the OrgGroups ", remains.Groups)
	add("spec.emails of the Invitations ", remains.Invitations)
	add("devices of the workspaces ", remains.Devices)
	add("contacts, which are unassigned now: ", slices.Concat(remains.Contacts, remains.Unassigned))
	if len(places) == 0 {
		return
	}
	note := fmt.Sprintf("OrgUser %q was removed, and these still name %s: %s. Remove the address there unless the person returns: the "+
		"next user with it gets what they give", u.Name, effective.EmailOf(u), strings.Join(places, "; "))
	r.recorder.Eventf(o, u, corev1.EventTypeWarning, "StillNamed", "Remove", "%s", attempt.Shorten(note, maxNote))
}
