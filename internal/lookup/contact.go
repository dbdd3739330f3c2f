// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package lookup

import (
	"context"
	"slices"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/emailaddr"
)

// Contact is whom an invited person can ask. It is empty if nobody is known.
type Contact struct {
	// Name may be empty although there is an address.
	Name, Email string
}

// String writes out the name with the address, or the one that is known.
func (c Contact) String() string {
	switch {
	case c.Name == "" || c.Name == c.Email:
		return c.Email
	case c.Email == "":
		return c.Name
	default:
		return c.Name + " (" + c.Email + ")"
	}
}

// ContactFor returns whom an invited person with an address can ask: the inviter while they are an active user, else the organization's
// primary administrator, else an administrator in force. Nobody is told to ask themselves.
func (r Reader) ContactFor(ctx context.Context, o *v1alpha1.Organization, invitedBy v1alpha1.Username, invited string) (Contact, error) {
	inviter, err := r.activeUser(ctx, o.Namespace, string(invitedBy))
	if err != nil {
		return Contact{}, err
	}
	if inviter != nil && !emailaddr.Same(string(effective.EmailOf(inviter)), invited) {
		return contactOf(inviter), nil
	}
	if first := o.Spec.PrimaryAdministrator; first != nil && !emailaddr.Same(string(first.Email), invited) {
		return Contact{Name: string(first.Name), Email: string(first.Email)}, nil
	}
	for _, name := range o.Status.Administrators[:min(len(o.Status.Administrators), 2)] { // one of two is another person
		administrator, err := r.User(ctx, o.Namespace, name)
		if err != nil {
			return Contact{}, err
		}
		if administrator != nil && !emailaddr.Same(string(effective.EmailOf(administrator)), invited) {
			return contactOf(administrator), nil
		}
	}
	return Contact{}, nil
}

func contactOf(u *v1alpha1.OrgUser) Contact {
	return Contact{Name: u.Status.DisplayName, Email: string(effective.EmailOf(u))}
}

// activeUser returns the active user whom a user name or an address means; nil: there is none.
func (r Reader) activeUser(ctx context.Context, namespace, username string) (*v1alpha1.OrgUser, error) {
	if username == "" {
		return nil, nil //nolint:nilnil // none is an answer, not an error
	}
	people, err := r.UsersByUsername(ctx, namespace, username)
	if err == nil && len(people) == 0 {
		var person *v1alpha1.OrgUser
		if person, err = r.personByAddress(ctx, namespace, username); person != nil {
			people = append(people, person)
		}
	}
	if n := slices.IndexFunc(people, func(u *v1alpha1.OrgUser) bool { return u.Status.State == v1alpha1.UserActive }); n >= 0 {
		return people[n], err
	}
	return nil, err
}
