// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package organization

import (
	"context"
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/account"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/requeue"
)

// reconcilePrimaryAdministrator invites the primary administrator of an organization that has no users other than Limited
// accounts. It returns how long to wait when it is too early for that.
func (r *Reconciler) reconcilePrimaryAdministrator(ctx context.Context, s *scope) (time.Duration, error) {
	o := s.organization
	if o.Spec.PrimaryAdministrator == nil || slices.ContainsFunc(s.users, isFull) {
		return 0, nil
	}
	if wait := requeue.Settling(o, r.settleDelay, r.now()); wait > 0 {
		return wait, nil
	}
	// The cache may not know of a user yet.
	var full v1alpha1.OrgUserList
	if err := r.api.List(ctx, &full, client.InNamespace(o.Namespace), client.Limit(1),
		client.MatchingFields{"spec.access": string(v1alpha1.AccessFull)}); err != nil {
		return 0, err
	}
	if len(full.Items) > 0 {
		return 0, nil
	}
	// The person may have a Limited account, which gives up the address to the administrator, but not its name.
	_, _, err := account.Create(ctx, r.client, r.api, primaryAdministrator(o), effective.IsLimited)
	return 0, err
}

func isFull(u *v1alpha1.OrgUser) bool { return !effective.IsLimited(u) }

// primaryAdministrator returns the OrgUser of the organization's primary administrator, without a name.
func primaryAdministrator(o *v1alpha1.Organization) *v1alpha1.OrgUser {
	primary := o.Spec.PrimaryAdministrator
	return &v1alpha1.OrgUser{
		ObjectMeta: metav1.ObjectMeta{
			Namespace:  o.Namespace,
			Finalizers: []string{v1alpha1.Finalizer},
			Labels: map[string]string{
				v1alpha1.LabelBootstrap: "true",
				v1alpha1.ManagedByLabel: v1alpha1.ManagedByValue,
			},
		},
		Spec: v1alpha1.OrgUserSpec{
			Email:       primary.Email,
			DisplayName: primary.Name,
			Phone:       primary.Phone,
			Role:        v1alpha1.RoleOrganizationAdmin,
			Onboarding:  v1alpha1.OnboardingInvite,
		},
	}
}
