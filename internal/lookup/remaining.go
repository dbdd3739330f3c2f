// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package lookup

import (
	"context"
	"fmt"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/emailaddr"
	"github.com/usher-operator/usher/internal/onboarding"
)

// DeletionWarnings gives a sentence for everything that goes on naming an object that is to be deleted, and what comes of it.
func (r Reader) DeletionWarnings(ctx context.Context, object client.Object) ([]string, error) {
	user, is := object.(*v1alpha1.OrgUser)
	if !is {
		return nil, nil
	}
	organization, err := r.Organization(ctx, user.Namespace)
	if err != nil || organization == nil || !organization.DeletionTimestamp.IsZero() {
		return nil, err
	}
	sentences, err := r.remainingInvitations(ctx, user)
	if err != nil {
		return nil, err
	}
	named, err := r.WorkspacesByAssignee(ctx, user.Namespace, string(user.Spec.Email))
	if err != nil {
		return nil, err
	}
	for _, w := range named {
		if len(sentences) >= maxMissing {
			return append(sentences, "and more"), nil
		}
		if device := deviceOf(w, string(user.Spec.Email)); device != "" && w.DeletionTimestamp.IsZero() {
			sentences = append(sentences, fmt.Sprintf("device %q in workspace %q is assigned to %s: Usher makes a Limited account for the "+
				"address again, unless the assignee is taken out there", device, w.Name, user.Spec.Email))
		}
	}
	return sentences, nil
}

// remainingInvitations says which Invitations make a pending user again (ORG-22).
func (r Reader) remainingInvitations(ctx context.Context, user *v1alpha1.OrgUser) ([]string, error) {
	named, err := r.InvitationsByEmail(ctx, user.Namespace, string(user.Spec.Email))
	if err != nil {
		return nil, err
	}
	var sentences []string
	for _, i := range named {
		recipient := Recipient(i, string(user.Spec.Email))
		if recipient == nil || !onboarding.Open(recipient.State) || !i.DeletionTimestamp.IsZero() {
			continue
		}
		sentences = append(sentences, fmt.Sprintf("Invitation %q invites %s: Usher makes the pending user again, unless the address "+
			"is taken out of spec.emails there", i.Name, user.Spec.Email))
	}
	return sentences, nil
}

// deviceOf names a device in force that is assigned to an address; empty: there is none.
func deviceOf(w *v1alpha1.Workspace, email string) v1alpha1.ObjectName {
	devices, _ := effective.DevicesInForce(w, nil)
	for _, d := range devices {
		if d.Assignee != "" && emailaddr.Same(string(d.Assignee), email) {
			return d.Name
		}
	}
	return ""
}
