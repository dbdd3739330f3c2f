// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package lookup

import (
	"cmp"
	"context"
	"slices"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/emailaddr"
)

// Contact is a person whom others may ask. The zero Contact is nobody.
type Contact struct{ Name, Email string }

// String writes out the name with the address, or the one that is known.
func (c Contact) String() string {
	if c.Name == "" || c.Name == c.Email || c.Email == "" {
		return cmp.Or(c.Email, c.Name)
	}
	return c.Name + " (" + c.Email + ")"
}

// ContactFor returns whom a person with an address may ask about their invitation and their access: the inviter, else the organization's
// contact; see OrganizationContact. It is nobody if there is only the person themselves.
//
// InvitedBy may be empty. An inviter who is suspended, Limited, leaving or unknown is not asked: an answer to a mail must reach somebody
// who is in the organization, and nobody else.
func (r Reader) ContactFor(ctx context.Context, o *v1alpha1.Organization, invitedBy v1alpha1.Username, email string) (Contact, error) {
	inviter, err := r.personNamed(ctx, o.Namespace, string(invitedBy))
	if err != nil {
		return Contact{}, err
	}
	if inviter != nil && effective.CanBeAsked(inviter) && !emailaddr.Same(string(effective.EmailOf(inviter)), email) {
		return contactOf(inviter), nil
	}
	return r.OrganizationContact(ctx, o, email)
}

// OrganizationContact returns whom people may ask about an organization: its primary administrator, if that is an active user, else the
// first administrator in force. Except is the address of the person who asks.
func (r Reader) OrganizationContact(ctx context.Context, o *v1alpha1.Organization, except string) (Contact, error) {
	asked := func(u *v1alpha1.OrgUser) bool {
		return u != nil && effective.CanBeAsked(u) && !emailaddr.Same(string(effective.EmailOf(u)), except)
	}
	if primary := o.Spec.PrimaryAdministrator; primary != nil {
		people, err := r.UsersByEmail(ctx, o.Namespace, string(primary.Email))
		if err != nil {
			return Contact{}, err
		}
		if n := slices.IndexFunc(people, asked); n >= 0 {
			return contactOf(people[n]), nil
		}
	}
	for _, name := range o.Status.Administrators {
		u, err := r.User(ctx, o.Namespace, name)
		if err != nil {
			return Contact{}, err
		}
		if asked(u) {
			return contactOf(u), nil
		}
	}
	return Contact{}, nil
}

func contactOf(u *v1alpha1.OrgUser) Contact {
	return Contact{Name: formOfAddress(u), Email: string(effective.EmailOf(u))}
}
