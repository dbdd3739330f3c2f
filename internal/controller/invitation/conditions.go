// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package invitation

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/events"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/emailaddr"
	"github.com/usher-operator/usher/internal/lookup"
	"github.com/usher-operator/usher/internal/onboarding"
	"github.com/usher-operator/usher/internal/status"
	"github.com/usher-operator/usher/internal/wording"
)

// tally sorts an Invitation's recipients. Who was taken off the list counts among the first four only.
type tally struct {
	total, pending, active, failed int32
	// listed is how many were not taken off the list before they accepted, waiting how many of them are still to be invited.
	listed, waiting int32
	// queued are the mails that are to be sent, and lastError what the mail server said to one of them.
	queued    int32
	lastError string
	// by holds the addresses in each state, refused and held what is said about those in trouble.
	by            map[v1alpha1.RecipientState][]string
	refused, held []string
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
	if r.State == v1alpha1.RecipientRevoked && r.RevocationReason != v1alpha1.RevokedInviterUnauthorized {
		return
	}
	email := string(r.Email)
	t.listed++
	t.by[r.State] = append(t.by[r.State], email)
	switch {
	case r.HeldBy != "":
		t.held = append(t.held, fmt.Sprintf("%s (%s)", email, r.HeldBy))
	case r.State == v1alpha1.RecipientPending:
		t.waiting++
	}
	switch {
	case onboarding.Queued(&r.OnboardingStatus):
		t.queued++
		t.lastError = cmp.Or(t.lastError, r.Mail.LastError)
	case r.State == v1alpha1.RecipientUndeliverable && r.Mail != nil:
		t.refused = append(t.refused, fmt.Sprintf("%s (%s)", email, cmp.Or(r.Mail.LastError, "refused")))
	}
}

// concludeInvitation writes the counts and the conditions.
func concludeInvitation(i *v1alpha1.Invitation, authorized bool) {
	t := tallyOf(i)
	i.Status.Summary = v1alpha1.InvitationSummary{Total: &t.total, Pending: &t.pending, Active: &t.active, Failed: &t.failed}
	standing := t.standing()
	switch {
	case !authorized && t.pending > 0:
		status.Stalled(i, v1alpha1.ReasonInviterUnauthorized, unauthorized(i)+"; "+standing)
	case t.queued+t.waiting > 0:
		status.Progressing(i, v1alpha1.ReasonAwaitingMail, t.underway()+"; "+standing)
	case len(i.Status.Recipients) >= maxRecipients && leavesOut(i):
		status.Stalled(i, v1alpha1.ReasonTooManyRecipients, fmt.Sprintf("this Invitation has named %d addresses over time and takes "+
			"no more: name further ones in another Invitation; %s", maxRecipients, standing))
	case len(t.refused) > 0:
		status.Stalled(i, v1alpha1.ReasonUndeliverable, fmt.Sprintf("the mail server refuses %s: correct spec.emails, or send again "+
			"with the annotation %s; %s", wording.Some(t.refused), v1alpha1.AnnotationResend, standing))
	case len(t.by[v1alpha1.RecipientRevoked]) > 0:
		status.Stalled(i, v1alpha1.ReasonInviterUnauthorized, unauthorized(i)+"; "+standing)
	case len(t.held) > 0:
		status.Ready(i, v1alpha1.ReasonAddressHeld, fmt.Sprintf("%s; invited already, and not by this Invitation: %s. It invites "+
			"whom the other one gives up", standing, wording.Some(t.held)))
	default:
		status.Ready(i, v1alpha1.ReasonReady, standing)
	}
	i.Status.ObservedGeneration = i.Generation
}

// unauthorized says why nobody can accept, and what to do: spec.invitedBy stays what it is.
func unauthorized(i *v1alpha1.Invitation) string {
	return fmt.Sprintf("nobody can accept, as %q, who invites, had no right to give the role %q when it was needed: somebody who "+
		"has it makes another Invitation; or %q gets it back, and the annotation %s sends again", i.Spec.InvitedBy, i.Spec.Role,
		i.Spec.InvitedBy, v1alpha1.AnnotationResend)
}

// leavesOut tells whether the spec names somebody for whom there is no place among the recipients.
func leavesOut(i *v1alpha1.Invitation) bool {
	people, _ := emailaddr.ParseList(i.Spec.Emails) // a list with faults has a conclusion of its own
	places := lookup.RecipientIndex(i)
	return slices.ContainsFunc(people, func(p emailaddr.Addressee) bool {
		_, listed := places[emailaddr.Normalize(p.Email)]
		return !listed
	})
}

// underway says what Usher is about to do, and what keeps it from it.
func (t *tally) underway() string {
	words := make([]string, 0, 2)
	if t.queued > 0 {
		words = append(words, fmt.Sprintf("%s to be sent", wording.Count(t.queued, "mail is", "mails are")))
	}
	if t.lastError != "" {
		words[0] += fmt.Sprintf(" again (the last try: %s)", t.lastError)
	}
	if t.waiting > 0 {
		words = append(words, fmt.Sprintf("%s to be invited", wording.Count(t.waiting, "person is", "people are")))
	}
	return strings.Join(words, ", ")
}

// standing says where people stand, as in: 1 of 3 have accepted; Invited: luis@acme.example; Declined: eva@acme.example.
func (t *tally) standing() string {
	words := []string{fmt.Sprintf("%d of %d have accepted", t.active, t.listed)}
	for _, state := range onboarding.States() {
		if state != v1alpha1.RecipientActive && len(t.by[state]) > 0 {
			words = append(words, fmt.Sprintf("%s: %s", state, wording.Some(t.by[state])))
		}
	}
	return strings.Join(words, "; ")
}

// writeInvitation writes the status, and tells of what changed once it is written.
func writeInvitation(ctx context.Context, c client.Client, recorder events.EventRecorder, before, after *v1alpha1.Invitation) error {
	wrote, err := status.Write(ctx, c, before, after)
	if err == nil && wrote {
		tell(recorder, before, after)
	}
	return err
}

// tell makes an event of what is said anew: trouble, or how people stand once there is nothing left to send.
func tell(recorder events.EventRecorder, before, after *v1alpha1.Invitation) {
	ready := meta.FindStatusCondition(after.Status.Conditions, v1alpha1.ConditionReady)
	was := meta.FindStatusCondition(before.Status.Conditions, v1alpha1.ConditionReady)
	if ready == nil || was != nil && was.Message == ready.Message && was.Reason == ready.Reason {
		return
	}
	switch {
	case meta.IsStatusConditionTrue(after.Status.Conditions, v1alpha1.ConditionStalled):
		recorder.Eventf(after, nil, corev1.EventTypeWarning, ready.Reason, "Reconcile", "%s", ready.Message)
	case ready.Status == metav1.ConditionTrue:
		recorder.Eventf(after, nil, corev1.EventTypeNormal, ready.Reason, "Reconcile", "%s", ready.Message)
	}
}
