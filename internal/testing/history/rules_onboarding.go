// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package history

import (
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/types"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/emailaddr"
	"github.com/usher-operator/usher/internal/onboarding"
)

// onboardingRules are the rules about people who are invited.
type onboardingRules struct {
	// acceptedOnce are the users who have accepted, by an Invitation, at any revision.
	acceptedOnce map[types.NamespacedName]bool
	// links are the links that were accepted.
	links map[link]bool
}

// link is the link in the mail of one sending.
type link struct {
	object types.UID
	email  string
	number int32
}

func newOnboardingRules() *onboardingRules {
	return &onboardingRules{acceptedOnce: map[types.NamespacedName]bool{}, links: map[link]bool{}}
}

// person is an invited person in a status.
type person struct {
	email string
	user  string
	*v1alpha1.OnboardingStatus
}

// people returns the invited people of an object's status.
func people(object any) map[string]person {
	all := map[string]person{}
	switch o := object.(type) {
	case *v1alpha1.Invitation:
		for i := range o.Status.Recipients {
			r := &o.Status.Recipients[i]
			all[emailaddr.Normalize(string(r.Email))] = person{string(r.Email), r.User, &r.OnboardingStatus}
		}
	case *v1alpha1.OrgUser:
		if o.Status.Onboarding != nil {
			all[""] = person{string(effective.EmailOf(o)), o.Name, o.Status.Onboarding}
		}
	}
	return all
}

// transitions judges the states of an object's people.
func (r *onboardingRules) transitions(_ *world, c change) string {
	if c.after == nil || c.before != nil && c.before.GetUID() != c.after.GetUID() {
		return ""
	}
	before := people(c.before)
	for key, p := range people(c.after) {
		was := v1alpha1.RecipientState("")
		if former, known := before[key]; known {
			was = former.State
		}
		if p.State != was && !leads(was, p.State) {
			return fmt.Sprintf("%s of %s was %q and is %q", p.email, strings.TrimPrefix(c.key, "/registry/"), was, p.State)
		}
	}
	return ""
}

// leads reports whether the table of transitions leads from one state to another. Whoever is new begins as Pending, and what follows from
// what is known already follows in the same write.
func leads(from, to v1alpha1.RecipientState) bool {
	if from == "" {
		return to == v1alpha1.RecipientPending || leads(v1alpha1.RecipientPending, to)
	}
	for _, event := range onboarding.Events() {
		if step, ok := onboarding.Next(from, event); ok && step.To == to {
			return true
		}
	}
	return false
}

// accepted judges that a user became active.
func (r *onboardingRules) accepted(_ *world, c change) string {
	if i, is := c.after.(*v1alpha1.Invitation); is {
		for _, p := range i.Status.Recipients {
			if p.State == v1alpha1.RecipientActive {
				r.acceptedOnce[types.NamespacedName{Namespace: i.Namespace, Name: p.User}] = true
			}
		}
	}
	u, is := c.after.(*v1alpha1.OrgUser)
	if !is || u.Status.State != v1alpha1.UserActive || u.Spec.Onboarding == v1alpha1.OnboardingNone || effective.IsLimited(u) {
		return ""
	}
	if former, was := c.before.(*v1alpha1.OrgUser); was && former.Status.State == v1alpha1.UserActive {
		return ""
	}
	own := u.Status.Onboarding != nil && u.Status.Onboarding.State == v1alpha1.RecipientActive
	if own || r.acceptedOnce[types.NamespacedName{Namespace: u.Namespace, Name: u.Name}] {
		return ""
	}
	return fmt.Sprintf("%s of %s is active and has not accepted", u.Name, u.Namespace)
}

// acceptedTwice judges that somebody accepted.
func (r *onboardingRules) acceptedTwice(_ *world, c change) string {
	if c.after == nil || c.before == nil || c.before.GetUID() != c.after.GetUID() {
		return ""
	}
	before := people(c.before)
	for key, p := range people(c.after) {
		former, known := before[key]
		if !known || former.State != v1alpha1.RecipientInvited || p.Registration == nil {
			continue
		}
		if p.State != v1alpha1.RecipientRegistered && p.State != v1alpha1.RecipientActive {
			continue
		}
		l := link{c.after.GetUID(), key, p.SendCount}
		if r.links[l] {
			return fmt.Sprintf("link %d to %s, of %s, was accepted again", p.SendCount, p.email, strings.TrimPrefix(c.key, "/registry/"))
		}
		r.links[l] = true
	}
	return ""
}
