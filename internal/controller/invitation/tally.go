// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package invitation

import (
	"cmp"
	"fmt"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/onboarding"
	"github.com/usher-operator/usher/internal/status"
	"github.com/usher-operator/usher/internal/wording"
)

// tally counts an Invitation's recipients. People who were removed from the list are included in the first four counts only.
type tally struct {
	total, pending, active, failed int32
	// listed is how many were not removed from the list before they accepted. Waiting is how many of them are still to be invited.
	listed, waiting int32
	// turnedAway are those of them who were revoked because the inviter lacked the right.
	turnedAway []string
	// queued is how many mails are to be sent. LastError is the last error of one of them.
	queued    int32
	lastError string
	// platformError is the last error of a mail that waits for the platform's mail server.
	platformError string
	// budgeted is how many of the queued mails wait for a budget, and for which, and when the first of them goes on.
	budgeted int32
	budget   string
	resumes  *metav1.Time
	// by contains the addresses in each state. Refused and held also say by what.
	by            map[v1alpha1.RecipientState][]string
	refused, held []string
	// removed is how many had accepted and lost their OrgUser since. Members is how many were users before and have less than the
	// Invitation grants. Limited is how many have a Limited account, which holds the address. Notices say what can be done about all of
	// them, each after the address.
	removed, members, limited int32
	notices                   []string
	// failures are the recipients who could not be moved, with the reasons.
	failures []string
}

func tallyOf(i *v1alpha1.Invitation) tally {
	t := tally{total: *status.Count(len(i.Status.Recipients)), by: map[v1alpha1.RecipientState][]string{}}
	for n := range i.Status.Recipients {
		t.add(&i.Status.Recipients[n])
	}
	return t
}

func (t *tally) add(r *v1alpha1.RecipientStatus) {
	switch {
	case r.State == v1alpha1.RecipientActive:
		t.active++
	case onboarding.Open(r.State):
		t.pending++
	default:
		t.failed++
	}
	if r.State == v1alpha1.RecipientRevoked && !turnedAway(r) && !accountRemoved(r) {
		return
	}
	t.listed++
	t.by[r.State] = append(t.by[r.State], string(r.Email))
	t.addStanding(r)
	t.addMail(r)
}

// addStanding counts what a recipient is waiting for, or what somebody can do about them.
func (t *tally) addStanding(r *v1alpha1.RecipientStatus) {
	if r.Message != "" {
		t.notices = append(t.notices, fmt.Sprintf("%s %s", r.Email, r.Message))
	}
	switch {
	case turnedAway(r):
		t.turnedAway = append(t.turnedAway, string(r.Email))
	case accountRemoved(r):
		t.removed++
	case r.State == v1alpha1.RecipientActive && r.Message != "":
		t.members++
	case r.HeldBy != "" && r.Message != "":
		t.limited++
	case r.HeldBy != "":
		t.held = append(t.held, fmt.Sprintf("%s (%s)", r.Email, r.HeldBy))
	case r.State == v1alpha1.RecipientPending:
		t.waiting++
	}
}

// addMail counts a mail that is to be sent, or that was refused.
func (t *tally) addMail(r *v1alpha1.RecipientStatus) {
	switch {
	case onboarding.Queued(&r.OnboardingStatus):
		if onboarding.AwaitsBudget(&r.OnboardingStatus) {
			t.addBudgeted(r.Mail)
			return
		}
		t.queued++
		t.lastError = cmp.Or(t.lastError, r.Mail.LastError)
		if onboarding.AwaitsPlatform(&r.OnboardingStatus) {
			t.platformError = cmp.Or(t.platformError, r.Mail.LastError)
		}
	case r.State == v1alpha1.RecipientUndeliverable && r.Mail != nil:
		t.refused = append(t.refused, fmt.Sprintf("%s (%s)", r.Email, cmp.Or(r.Mail.LastError, "refused")))
	}
}

// addBudgeted counts a mail that waits for a budget. The first to go on says for which.
func (t *tally) addBudgeted(m *v1alpha1.MailStatus) {
	t.budgeted++
	if t.resumes == nil || m.NextAttemptTime.Before(t.resumes) {
		t.budget, t.resumes = m.Budget, m.NextAttemptTime
	}
}

func (t *tally) summary() v1alpha1.InvitationSummary {
	return v1alpha1.InvitationSummary{Total: &t.total, Pending: &t.pending, Active: &t.active, Failed: &t.failed}
}

// underway says what Usher is waiting to do, and what the last error was.
func (t *tally) underway() string {
	var words []string
	if t.budgeted > 0 {
		words = append(words, wording.AwaitingBudget(t.budgeted, t.budget, t.resumes.Time))
	}
	if t.queued > 0 {
		mails := wording.Count(t.queued, "mail is", "mails are") + " waiting to be sent"
		if t.platformError != "" {
			mails += ", " + onboarding.PlatformTrouble
		}
		if lastError := cmp.Or(t.platformError, t.lastError); lastError != "" {
			mails += fmt.Sprintf(" (last error: %s)", lastError)
		}
		words = append(words, mails)
	}
	if t.waiting > 0 {
		words = append(words, wording.Count(t.waiting, "person is", "people are")+" waiting to be invited")
	}
	return strings.Join(words, ", ")
}

// standing says who is in which state, about whom somebody can do something, and for whom a pass failed, as in: 1 of 3 have accepted;
// Invited: luis@acme.example; Declined: eva@acme.example.
func (t *tally) standing() string {
	words := []string{fmt.Sprintf("%d of %d have accepted", t.active, t.listed)}
	if t.listed == 0 {
		words[0] = "nobody is invited"
	}
	for _, state := range onboarding.States() {
		if state != v1alpha1.RecipientActive && len(t.by[state]) > 0 {
			words = append(words, fmt.Sprintf("%s: %s", state, wording.Some(t.by[state])))
		}
	}
	if len(t.notices) > 0 {
		words = append(words, wording.Some(t.notices))
	}
	if len(t.failures) > 0 {
		words = append(words, fmt.Sprintf("failed for %s: Usher retries", wording.Some(t.failures)))
	}
	return strings.Join(words, "; ")
}
