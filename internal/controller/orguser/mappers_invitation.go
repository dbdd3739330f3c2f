// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package orguser

import (
	"context"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/mapper"
	"github.com/usher-operator/usher/internal/onboarding"
)

// mailDelay is how late a user's status shows that a mail is waiting, or was sent. A mail that is sent within it costs no write.
const mailDelay = 2 * time.Second

// usersForInvitation: a recipient's new state concerns the recipient's user, and a new inviter all of its users.
func (r *Reconciler) usersForInvitation(ctx context.Context, c mapper.Change[*v1alpha1.Invitation],
) ([]types.NamespacedName, error) {
	if c.Created() || c.Deleted() || c.Before.Spec.InvitedBy != c.After.Spec.InvitedBy {
		return mapper.KeysOf(r.cache.UsersByInvitation(ctx, c.Newest().Namespace, c.Newest().Name))
	}
	return changedRecipients(c, func(a, b *v1alpha1.OnboardingStatus) bool { return a.State != b.State }), nil
}

// usersForInvitationMail: so does the news that the mail that invites is waiting, or was sent.
func (r *Reconciler) usersForInvitationMail(_ context.Context, c mapper.Change[*v1alpha1.Invitation]) ([]types.NamespacedName, error) {
	if c.Created() || c.Deleted() {
		return nil, nil
	}
	return changedRecipients(c, func(a, b *v1alpha1.OnboardingStatus) bool {
		return onboarding.AwaitsInvitation(a) != onboarding.AwaitsInvitation(b)
	}), nil
}

// changedRecipients returns the users of the recipients who are new, or whose state differs.
func changedRecipients(c mapper.Change[*v1alpha1.Invitation], differs func(a, b *v1alpha1.OnboardingStatus) bool,
) []types.NamespacedName {
	old := make(map[string]*v1alpha1.OnboardingStatus, len(c.Before.Status.Recipients))
	for n := range c.Before.Status.Recipients {
		recipient := &c.Before.Status.Recipients[n]
		old[recipient.User] = &recipient.OnboardingStatus
	}
	var keys []types.NamespacedName
	for n := range c.After.Status.Recipients {
		recipient := &c.After.Status.Recipients[n]
		before, known := old[recipient.User]
		if recipient.User != "" && (!known || differs(before, &recipient.OnboardingStatus)) {
			keys = append(keys, types.NamespacedName{Namespace: c.After.Namespace, Name: recipient.User})
		}
	}
	return keys
}
