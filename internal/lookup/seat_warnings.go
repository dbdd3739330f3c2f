// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package lookup

import (
	"context"
	"fmt"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/emailaddr"
)

// SeatWarnings returns a sentence for each module that a change gives to more people than there are free seats, and for each whose seats
// it cuts, with the names of those who lose it (GTA-11). Old is nil for a new object. The cost does not grow with the number of users, but
// with that of the people whom an Invitation names, or with the ledger of the organization that is changed.
func (r Reader) SeatWarnings(ctx context.Context, old, changed metav1.Object) ([]string, error) {
	switch o := changed.(type) {
	case *v1alpha1.Organization:
		if before, is := old.(*v1alpha1.Organization); is {
			return lossWarnings(effective.SeatLosses(before, o)), nil
		}
		return nil, nil
	case *v1alpha1.OrgUser, *v1alpha1.Invitation:
		organization, err := r.Organization(ctx, o.GetNamespace())
		if err != nil || organization == nil {
			return nil, err
		}
		if u, is := o.(*v1alpha1.OrgUser); is {
			before, _ := old.(*v1alpha1.OrgUser)
			return userSeatWarnings(organization, before, u), nil
		}
		before, _ := old.(*v1alpha1.Invitation)
		return r.invitationSeatWarnings(ctx, organization, before, o.(*v1alpha1.Invitation)) //nolint:forcetypeassert // it is no user
	default:
		return nil, nil
	}
}

func lossWarnings(losses []effective.SeatLoss) []string {
	var warnings []string
	for _, l := range losses {
		if l.Removed {
			warnings = append(warnings, fmt.Sprintf("spec.subscription.modules: without the module %q, these users lose it: %s",
				l.Module, firstOf(l.Users)))
		} else {
			warnings = append(warnings, fmt.Sprintf("spec.subscription.modules: with %s of the module %q in place of %d, these users lose "+
				"it: %s", effective.CountSeats(l.After), l.Module, l.Before, firstOf(l.Users)))
		}
	}
	return warnings
}

// userSeatWarnings warns of modules that a change gives to a user who does not get a seat at once.
func userSeatWarnings(o *v1alpha1.Organization, old, u *v1alpha1.OrgUser) []string {
	if !effective.TakesSeats(u) {
		return nil
	}
	var warnings []string
	for _, module := range u.Spec.Modules {
		if old != nil && effective.TakesSeats(old) && slices.Contains(old.Spec.Modules, module) || effective.HoldsSeat(o, module, u.Name) {
			continue
		}
		if s := effective.SeatsFor(o, module, u.Name); s.Bought && s.Available() == 0 {
			warnings = append(warnings, fmt.Sprintf("spec.modules: %s: the person waits %s", s.Shortage(), s.Remedy()))
		}
	}
	return warnings
}

// invitationSeatWarnings warns of modules that an Invitation gives to more people than get a seat at once.
func (r Reader) invitationSeatWarnings(ctx context.Context, o *v1alpha1.Organization, old, i *v1alpha1.Invitation) ([]string, error) {
	var warnings []string
	for _, module := range i.Spec.Modules {
		s := effective.SeatsFor(o, module, "")
		if !s.Bought {
			continue // MissingReferenceWarnings says so
		}
		var before []string
		if old != nil && slices.Contains(old.Spec.Modules, module) {
			before = old.Spec.Emails
		}
		added := addedPeople(before, i.Spec.Emails)
		if len(added) <= s.Available() {
			continue
		}
		takers, err := r.seatTakers(ctx, o, module, added)
		if err != nil {
			return nil, err
		}
		switch free := s.Available(); {
		case takers <= free:
		case free == 0:
			warnings = append(warnings, fmt.Sprintf("spec.modules: %s: whoever is invited waits %s", s.Shortage(), s.Remedy()))
		default:
			warnings = append(warnings, fmt.Sprintf("spec.modules: the module %q has %s left for %d more people: the others wait %s",
				module, effective.CountSeats(free), takers, s.Remedy()))
		}
	}
	return warnings, nil
}

// seatTakers returns how many people take a seat of a module when they are invited to it: not those who have one, nor those who are users
// already, whom no Invitation changes.
func (r Reader) seatTakers(ctx context.Context, o *v1alpha1.Organization, module v1alpha1.ObjectName, emails []string) (int, error) {
	takers := 0
	for _, email := range emails {
		users, err := r.UsersByEmail(ctx, o.Namespace, email)
		if err != nil {
			return 0, err
		}
		if !slices.ContainsFunc(users, func(u *v1alpha1.OrgUser) bool {
			return effective.IsAccepted(u) && u.DeletionTimestamp.IsZero() || effective.HoldsSeat(o, module, u.Name)
		}) {
			takers++
		}
	}
	return takers, nil
}

// addedPeople returns the addresses that a list names and that another one did not.
func addedPeople(before, after []string) []string {
	named := map[string]bool{}
	people, _ := emailaddr.ParseList(before) // what cannot be read named nobody
	for _, p := range people {
		named[emailaddr.Normalize(p.Email)] = true
	}
	people, _ = emailaddr.ParseList(after) // a malformed list is refused
	var added []string
	for _, p := range people {
		if key := emailaddr.Normalize(p.Email); !named[key] {
			named[key] = true
			added = append(added, p.Email)
		}
	}
	return added
}

// firstOf returns the first few names and how many more there are.
func firstOf(names []string) string {
	if more := len(names) - maxReferences; more > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:maxReferences], ", "), more)
	}
	return strings.Join(names, ", ")
}
