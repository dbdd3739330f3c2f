// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package invitation

import (
	"context"
	"slices"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/types"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/lookup"
	"github.com/usher-operator/usher/internal/mapper"
)

// keysOf returns the function that lists all Invitations of an organization.
func keysOf(cache lookup.Reader) func(context.Context, string) ([]types.NamespacedName, error) {
	return func(ctx context.Context, organization string) ([]types.NamespacedName, error) {
		return mapper.KeysOf(cache.Invitations(ctx, organization))
	}
}

// invitationsForOrganization returns all Invitations of an organization that is new or whose delegates changed: both decide whether
// an inviter may give a role.
func (r *Reconciler) invitationsForOrganization(ctx context.Context, c mapper.Change[*v1alpha1.Organization],
) ([]types.NamespacedName, error) {
	if !c.Created() && (c.Deleted() || slices.Equal(c.Before.Spec.Delegates, c.After.Spec.Delegates)) {
		return nil, nil
	}
	return mapper.KeysOf(r.cache.Invitations(ctx, c.Newest().Namespace))
}

// invitationsForUser returns the Invitations that have a user's address or created the user, and those that the user has sent. It
// returns them when the user is created, deleted or accepts, the role or the user name in force changes, or the user requests another
// mail. When only the user's grants change, it returns those whose message about the user they change.
func (r *Reconciler) invitationsForUser(ctx context.Context, c mapper.Change[*v1alpha1.OrgUser]) ([]types.NamespacedName, error) {
	if !c.Created() && !c.Deleted() && c.Before.Status.State == c.After.Status.State && c.Before.Status.Role == c.After.Status.Role &&
		c.Before.Status.Username == c.After.Status.Username && !requestsResend(c) {
		return r.invitationsForGrants(ctx, c)
	}
	user := c.Newest()
	keys, err := mapper.KeysOf(r.cache.InvitationsByEmail(ctx, user.Namespace, string(effective.EmailOf(user))))
	if name := user.Labels[v1alpha1.LabelInvitation]; name != "" {
		keys = append(keys, types.NamespacedName{Namespace: user.Namespace, Name: name})
	}
	for _, inviter := range []*v1alpha1.OrgUser{c.Before, c.After} { // who sends under another name loses what was sent under the former
		if err != nil || inviter == nil || inviter.Status.Username == "" {
			continue
		}
		var sent []types.NamespacedName
		sent, err = mapper.KeysOf(r.cache.InvitationsByInviter(ctx, inviter))
		keys = append(keys, sent...)
	}
	return keys, err
}

// invitationsForGrants returns the Invitations that have the address of a user who requests something else than before. Access in force
// often changes for many users at once, and concerns only the Invitations with a message about the user.
func (r *Reconciler) invitationsForGrants(ctx context.Context, c mapper.Change[*v1alpha1.OrgUser]) ([]types.NamespacedName, error) {
	requested := c.Before.Generation != c.After.Generation
	if !requested && equality.Semantic.DeepEqual(c.Before.Status.Workspaces, c.After.Status.Workspaces) {
		return nil, nil
	}
	email := string(c.After.Spec.Email)
	found, err := r.cache.InvitationsByEmail(ctx, c.After.Namespace, email)
	return mapper.KeysOf(slices.DeleteFunc(found, func(i *v1alpha1.Invitation) bool {
		recipient := lookup.Recipient(i, email)
		return !requested && (recipient == nil || recipient.Message == "")
	}), err)
}

// requestsResend reports whether the annotation of a user whom an Invitation invites has changed: the Invitation sends the mail again.
func requestsResend(c mapper.Change[*v1alpha1.OrgUser]) bool {
	const key = v1alpha1.AnnotationResend
	return c.After.Labels[v1alpha1.LabelInvitation] != "" && c.Before.Annotations[key] != c.After.Annotations[key]
}
