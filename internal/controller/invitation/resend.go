// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package invitation

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/onboarding"
)

// reconcileResend invites everybody again who has not accepted, or those whom the annotation names, when it requests so (WXP-7).
//
// The request is observed once, for all of them: they are invited again together or not at all. Otherwise a person who could not be
// invited would miss the request, or the others would get another mail each time that the pass is repeated.
//
// A pass that finds somebody removed leaves the request to the next one, which follows from what this one writes. Until it is written
// that they are revoked, a user created for them would count as accepted.
func (r *Reconciler) reconcileResend(ctx context.Context, s *scope) (time.Duration, error) {
	i := s.invitation
	if s.resend {
		if len(s.failures) > 0 || s.transient || s.removed {
			return 0, nil
		}
		invited, err := r.inviteAgain(ctx, s)
		if err != nil {
			return 0, err
		}
		for recipient, moved := range invited {
			*recipient = *moved
		}
	}
	if s.authorized { // otherwise the request waits
		i.Status.ObservedResend = s.request.Observed()
	}
	return 0, nil
}

// inviteAgain returns the recipients whom the request concerns as they are once they are invited again. It creates the users that
// they need.
func (r *Reconciler) inviteAgain(ctx context.Context, s *scope) (map[*v1alpha1.RecipientStatus]*v1alpha1.RecipientStatus, error) {
	invited := map[*v1alpha1.RecipientStatus]*v1alpha1.RecipientStatus{}
	var failed []error
	for _, v := range s.named {
		if !v.resend {
			continue
		}
		again := invitee{addressee: v.addressee, recipient: v.recipient.DeepCopy()}
		if err := r.move(ctx, s, again, true); err != nil {
			failed = append(failed, s.fail(v.recipient, err))
		}
		invited[v.recipient] = again.recipient
	}
	return invited, errors.Join(failed...)
}

// maxAgain is how many people the command names that invites them again.
const maxAgain = 10

// inviteAgain returns the command that invites people again. The links of others stay valid, unless there are too many to be named.
func inviteAgain(i *v1alpha1.Invitation, people []string) string {
	names := ""
	if len(people) <= maxAgain {
		names = strings.Join(people, " ") + " "
	}
	return fmt.Sprintf(`kubectl annotate invitation %s -n %s --overwrite %s="%s$(date +%%s)"`, i.Name, i.Namespace,
		v1alpha1.AnnotationResend, names)
}

// requestedByUser reports whether a person is to be invited again because their pending OrgUser requests it. The request waits while
// nobody could accept.
func requestedByUser(s *scope, recipient *v1alpha1.RecipientStatus, user *v1alpha1.OrgUser) bool {
	request := onboarding.ResendOf(user)
	return s.authorized && request.Requested(recipient.ObservedResend) && request.Concerns(string(recipient.Email)) &&
		onboarding.CanResend(&recipient.OnboardingStatus, true)
}
