// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Package account creates OrgUsers under names that Usher derives from their addresses. The address identifies a person and the name does
// not: it may be another person's, by chance or because somebody has taken it on purpose.
package account

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/emailaddr"
	"github.com/usher-operator/usher/internal/lookup"
	"github.com/usher-operator/usher/internal/object"
)

// NamesTakenError is returned for an address for which no name is left.
type NamesTakenError struct {
	// Email is the address.
	Email v1alpha1.EmailAddress
	// Holder is the OrgUser that has the first of the names.
	Holder *v1alpha1.OrgUser
}

// Error implements error.
func (e *NamesTakenError) Error() string {
	return fmt.Sprintf("the OrgUser %s and others have all the names that an OrgUser with the address %s may get, but not its address: "+
		"delete one of them", e.Holder.Name, e.Email)
}

// Create creates a user under the first of the names that follow from the address that no other person has. It returns the user, and
// whether it was created: a user with the address that has such a name already, which the cache may not show yet, is the one. Beside
// returns true for a user that has the address and beside which another one is created nevertheless; nil: there is none.
//
// The names are tried in the same order everywhere, and each of them past the cache. So two callers who create the user at once, or one
// who does so again with an outdated cache, come to the same one.
func Create(ctx context.Context, c client.Client, api lookup.APIReader, user *v1alpha1.OrgUser, beside func(*v1alpha1.OrgUser) bool,
) (account *v1alpha1.OrgUser, created bool, err error) {
	var first *v1alpha1.OrgUser
	for name := range emailaddr.ObjectNames(string(user.Spec.Email)) {
		candidate := user.DeepCopy()
		candidate.Name = name
		account, created, err = createNamed(ctx, c, api, candidate)
		if err != nil || created || isSame(account, user) && (beside == nil || !beside(account)) {
			return account, created, err
		}
		if first == nil {
			first = account
		}
	}
	return nil, false, &NamesTakenError{Email: user.Spec.Email, Holder: first}
}

// maxAttempts bounds how often one name is tried whose holder is gone when it is looked at.
const maxAttempts = 3

// createNamed creates a user, or returns the one who has the name.
func createNamed(ctx context.Context, c client.Client, api lookup.APIReader, user *v1alpha1.OrgUser,
) (holder *v1alpha1.OrgUser, created bool, err error) {
	for range maxAttempts {
		candidate := user.DeepCopy()
		err = c.Create(ctx, candidate, object.FieldOwner)
		if err == nil {
			return candidate, true, nil
		}
		if !apierrors.IsAlreadyExists(err) {
			return nil, false, err
		}
		if holder, err = api.User(ctx, user.Namespace, user.Name); err != nil || holder != nil {
			return holder, false, err
		}
	}
	return nil, false, fmt.Errorf("the OrgUser %s is created and deleted again and again by somebody else", user.Name)
}

func isSame(a, b *v1alpha1.OrgUser) bool {
	return emailaddr.Same(string(effective.EmailOf(a)), string(effective.EmailOf(b)))
}
