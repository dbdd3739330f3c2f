// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package lookup

import (
	"context"
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/api/equality"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/emailaddr"
)

// MemberWarnings returns a sentence for each person whom an Invitation names and who is a user already without what it grants: it
// changes no user. After an update, it warns of people who are named newly, or of everybody if it changes what is granted. Old is nil for
// a new Invitation. The cost does not grow with the number of users.
func (r Reader) MemberWarnings(ctx context.Context, old, i *v1alpha1.Invitation) ([]string, error) {
	people, err := emailaddr.ParseList(i.Spec.Emails)
	if err != nil {
		return nil, nil //nolint:nilerr // the list is refused elsewhere
	}
	known := warnedBefore(old, i)
	var warnings []string
	for _, person := range people {
		if known[emailaddr.Normalize(person.Email)] {
			continue
		}
		user, err := r.memberWith(ctx, i.Namespace, person.Email)
		if err != nil {
			return nil, err
		}
		if user == nil {
			continue
		}
		if notice := effective.MemberNotice(user, &i.Spec); notice != "" {
			if len(warnings) >= maxWarnings {
				return append(warnings, andMore), nil
			}
			warnings = append(warnings, fmt.Sprintf("spec.emails: %s %s", person.Email, notice))
		}
	}
	return warnings, nil
}

// memberWith returns the user with an address whom no Invitation changes: one who has accepted, or a Limited account that somebody has
// made. It returns nil if there is none.
func (r Reader) memberWith(ctx context.Context, namespace, email string) (*v1alpha1.OrgUser, error) {
	users, err := r.UsersByEmail(ctx, namespace, email)
	users = slices.DeleteFunc(users, func(u *v1alpha1.OrgUser) bool {
		return !u.DeletionTimestamp.IsZero() || effective.IsProvisional(u) || !effective.IsAccepted(u) && !effective.IsLimited(u)
	})
	if err != nil || len(users) == 0 {
		return nil, err
	}
	return slices.MinFunc(users, effective.ByPrecedence), nil
}

// warnedBefore returns the addresses that an Invitation named before with the same grants.
func warnedBefore(old, i *v1alpha1.Invitation) map[string]bool {
	if old == nil || !equality.Semantic.DeepEqual(grantsOf(old), grantsOf(i)) {
		return nil
	}
	people, _ := emailaddr.ParseList(old.Spec.Emails) // a malformed list named nobody
	known := make(map[string]bool, len(people))
	for _, person := range people {
		known[emailaddr.Normalize(person.Email)] = true
	}
	return known
}

// grantsOf returns the part of an Invitation's spec that says what everybody gets.
func grantsOf(i *v1alpha1.Invitation) v1alpha1.InvitationSpec {
	return v1alpha1.InvitationSpec{
		Role: i.Spec.Role, Workspaces: i.Spec.Workspaces, Groups: i.Spec.Groups, Modules: i.Spec.Modules,
	}
}
