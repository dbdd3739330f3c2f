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

// DeletionWarnings returns a sentence for each object that still names an object that is to be deleted, and says what follows
// from that.
func (r Reader) DeletionWarnings(ctx context.Context, object client.Object) ([]string, error) {
	if group, is := object.(*v1alpha1.OrgGroup); is {
		return r.groupDeletionWarnings(ctx, group)
	}
	user, is := object.(*v1alpha1.OrgUser)
	if !is {
		return nil, nil
	}
	organization, err := r.Organization(ctx, user.Namespace)
	if err != nil || organization == nil || !organization.DeletionTimestamp.IsZero() {
		return nil, err
	}
	warnings, err := r.invitationWarnings(ctx, user)
	if err != nil {
		return nil, err
	}
	same, err := r.UsersByEmail(ctx, user.Namespace, string(effective.EmailOf(user)))
	if err != nil {
		return nil, err
	}
	heir := effective.Heir(user, same)
	if warnings, err = r.addRemaining(ctx, warnings, organization, user, heir); err != nil || heir != nil {
		return warnings, err
	}
	named, err := r.WorkspacesByAssignee(ctx, user.Namespace, string(effective.EmailOf(user)))
	if err != nil {
		return nil, err
	}
	for _, w := range named {
		if len(warnings) >= maxWarnings {
			return append(warnings, andMore), nil
		}
		if device := deviceOf(w, string(effective.EmailOf(user))); device != "" && w.DeletionTimestamp.IsZero() {
			warnings = append(warnings, fmt.Sprintf("device %q in workspace %q is assigned to %s: Usher will create a Limited account for "+
				"this address unless you remove the assignee there", device, w.Name, effective.EmailOf(user)))
		}
	}
	return warnings, nil
}

// invitationWarnings names the Invitations for which the pending user will be recreated (ORG-22).
func (r Reader) invitationWarnings(ctx context.Context, user *v1alpha1.OrgUser) ([]string, error) {
	named, err := r.InvitationsByEmail(ctx, user.Namespace, string(effective.EmailOf(user)))
	if err != nil {
		return nil, err
	}
	var warnings []string
	for _, i := range named {
		recipient := Recipient(i, string(effective.EmailOf(user)))
		if recipient == nil || !onboarding.Open(recipient.State) || !i.DeletionTimestamp.IsZero() {
			continue
		}
		warnings = append(warnings, fmt.Sprintf("Invitation %q invites %s: Usher will recreate the pending user unless you remove the "+
			"address from spec.emails there", i.Name, effective.EmailOf(user)))
	}
	return warnings, nil
}

// deviceOf returns the name of a device in force that is assigned to an address, or "" if there is none.
func deviceOf(w *v1alpha1.Workspace, email string) v1alpha1.ObjectName {
	devices, _ := effective.DevicesInForce(w, nil)
	for _, d := range devices {
		if d.Assignee != "" && emailaddr.Same(string(d.Assignee), email) {
			return d.Name
		}
	}
	return ""
}
