// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package lookup

import (
	"context"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
)

// Outlook returns what a user has, or gets on accepting. Before an invited person's user is in the cache, it can be one that is not
// written yet; see effective.InvitedUser.
func (r Reader) Outlook(ctx context.Context, user *v1alpha1.OrgUser) (effective.Outlook, error) {
	facts, err := r.UserFacts(ctx, user)
	if err != nil || facts.Organization == nil {
		return effective.Outlook{Role: user.Spec.Role, Standing: effective.StandingWaiting}, err
	}
	return effective.OutlookFor(facts), nil
}
