// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package invitation

import (
	"fmt"
	"testing"
	"time"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/lookup"
	"github.com/usher-operator/usher/internal/mapper"
	"github.com/usher-operator/usher/internal/testing/maxima"
)

// BenchmarkMaxima measures each watch handler, and a pass that writes nothing, at the API's maxima: 1,000 Invitations that all name the
// same 100 people and have 500 recipients, among 10,000 people.
func BenchmarkMaxima(b *testing.B) {
	o := maxima.Organization()
	users := maxima.Users(10000, v1alpha1.RoleMember)
	cache := maxima.NewCache(b.Context(), lookup.AddIndexes, o)
	maxima.AddAll(cache, users)
	var i *v1alpha1.Invitation
	for n := range 1000 {
		i = maxima.Invitation(maxima.Recipients)
		i.Name = fmt.Sprint(i.Name[:50], n)
		cache.Add(i)
	}
	r := &Reconciler{cache: lookup.New(cache, effective.IntakeDomains{}), client: cache, now: time.Now}

	maxima.Run(b, "organization/handler", func() error {
		_, err := r.invitationsForOrganization(b.Context(), mapper.Change[*v1alpha1.Organization]{After: o})
		return err
	})
	maxima.Run(b, "orguser/handler", func() error {
		_, err := r.invitationsForUser(b.Context(), mapper.Change[*v1alpha1.OrgUser]{After: users[0]})
		return err
	})
	maxima.Run(b, "pass", func() error {
		s, err := r.newScope(b.Context(), i.DeepCopy())
		if err != nil {
			return err
		}
		for n := range s.invitation.Status.Recipients { // they have all accepted, so that nothing is created
			s.invitation.Status.Recipients[n].State = v1alpha1.RecipientActive
		}
		if _, err = r.reconcileNamed(b.Context(), s); err == nil {
			_, err = r.reconcileRemoved(b.Context(), s)
		}
		setConditions(s.invitation, s.authorized, s.failures)
		return err
	})
}
