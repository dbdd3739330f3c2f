// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package authz

import (
	"fmt"
	"strings"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/emailaddr"
	"github.com/usher-operator/usher/internal/onboarding"
)

// userResendFault says why a person would get no mail by a request on their OrgUser; "": they would.
func userResendFault(u *v1alpha1.OrgUser, request onboarding.Resend, f ResendFacts) string {
	c := u.Status.EmailChange
	switch {
	case effective.ChangesEmail(u) && effective.ConfirmsEmail(u): // the mail to the new address is meant
		if c != nil && c.ConfirmationTime != nil && emailaddr.Same(string(c.Email), string(u.Spec.Email)) {
			return fmt.Sprintf("sends nothing, because the person has confirmed %s already: the condition Ready says what it waits for",
				u.Spec.Email)
		}
	case effective.IsLimited(u):
		return "sends nothing, because a Limited account is not invited: set spec.access to Full, which invites the person"
	case u.Spec.Onboarding == v1alpha1.OnboardingNone:
		return "sends nothing, because this person is not invited: spec.onboarding is None, and the account is in force without a mail"
	case effective.IsAccepted(u) && u.Spec.Suspend:
		return "sends nothing, because the person has accepted already, and is suspended: set spec.suspend to false to give the access back"
	case effective.IsAccepted(u):
		return "sends nothing, because the person has accepted already: leave the annotation as it was"
	case u.Spec.Suspend:
		return "would invite a person who is suspended, and would get no access by accepting: set spec.suspend to false first"
	case f.AddressOwner != "":
		return fmt.Sprintf("sends nothing, because OrgUser %q has the address %s: delete one of the two, or annotate that one",
			f.AddressOwner, u.Spec.Email)
	case u.Labels[v1alpha1.LabelInvitation] != "":
		return inviteeResendFault(u, request, f)
	}
	return actedOn(request, u.Status.ObservedResend)
}

// inviteeResendFault says why a person whom an Invitation invites would get no mail by a request on their OrgUser.
func inviteeResendFault(u *v1alpha1.OrgUser, request onboarding.Resend, f ResendFacts) string {
	name := u.Labels[v1alpha1.LabelInvitation]
	switch {
	case f.Recipient == nil:
		return fmt.Sprintf("sends nothing, because Invitation %q does not invite %s any more: add the address to spec.emails of an "+
			"Invitation", name, effective.EmailOf(u))
	case f.Inviter == "" && !f.Authorized:
		return fmt.Sprintf("sends nothing, because nobody answers for Invitation %q. %s", name, takeOverFirst(u.Namespace, name))
	case !f.Authorized:
		return fmt.Sprintf("sends nothing, because the inviter %q may not give what Invitation %q gives. %s", f.Inviter, name,
			takeOverFirst(u.Namespace, name))
	case wasTurnedAway(f.Recipient):
		return fmt.Sprintf("sends nothing, because the person tried to accept while the inviter was not allowed to give the role: set the "+
			"annotation on Invitation %q, with the address %s in its value", name, effective.EmailOf(u))
	}
	return actedOn(request, f.Recipient.ObservedResend)
}

func takeOverFirst(namespace, invitation string) string {
	return "Somebody who may can take the Invitation over first, and the links stay valid: " +
		TakeOver(namespace, "<your user name>", invitation)
}

// wasTurnedAway reports whether a recipient was revoked because the inviter was not allowed to give the role when they accepted. Their
// pending user is deleted unless the Invitation itself is sent again.
func wasTurnedAway(r *v1alpha1.RecipientStatus) bool {
	return r.State == v1alpha1.RecipientRevoked && r.RevocationReason == v1alpha1.RevokedInviterUnauthorized
}

// invitationResendFaults says which of the people whom an Invitation names would get no mail by a request that names them, or why
// nobody would by one that names nobody.
func invitationResendFaults(i *v1alpha1.Invitation, request onboarding.Resend) []ResendFault {
	people, err := emailaddr.ParseList(i.Spec.Emails)
	if err != nil {
		return nil // refused elsewhere
	}
	recipients := make(map[string]*v1alpha1.RecipientStatus, len(i.Status.Recipients))
	for n := range i.Status.Recipients {
		recipients[emailaddr.Normalize(string(i.Status.Recipients[n].Email))] = &i.Status.Recipients[n]
	}
	if len(request.Addresses) > 0 {
		return namedResendFaults(request, recipients)
	}
	left := resendTally{}
	for _, person := range people {
		if left.add(recipients[emailaddr.Normalize(person.Email)]) {
			return nil
		}
	}
	return []ResendFault{{request.Value(), left.String()}}
}

func namedResendFaults(request onboarding.Resend, recipients map[string]*v1alpha1.RecipientStatus) []ResendFault {
	var faults []ResendFault
	for _, address := range request.Addresses {
		if why := recipientResendFault(recipients[address]); why != "" {
			faults = append(faults, ResendFault{address, why})
		}
	}
	return faults
}

// recipientResendFault says why a recipient would get no mail by a request that names them. Somebody who waits to be invited for the first
// time gets that mail; nil stands for somebody whom the list has just got.
func recipientResendFault(r *v1alpha1.RecipientStatus) string {
	switch {
	case r == nil:
		return ""
	case r.State == v1alpha1.RecipientActive:
		return "has accepted already and would get no mail: leave the address out"
	case r.HeldBy != "":
		return fmt.Sprintf("is invited by %s and not by this Invitation: annotate that object", r.HeldBy)
	case r.State == v1alpha1.RecipientRevoked && r.RevocationReason == v1alpha1.RevokedAccessLimited:
		return fmt.Sprintf("has a Limited account, which is not invited: set spec.access of OrgUser %q to Full, which invites the person",
			r.User)
	}
	return ""
}

// resendTally counts the people who would get no mail by a request that names nobody.
type resendTally struct {
	accepted, elsewhere, limited int
	declined                     []string
}

// add counts a person, and reports whether they would get a mail.
func (t *resendTally) add(r *v1alpha1.RecipientStatus) bool {
	switch {
	case recipientResendFault(r) == "" && (r == nil || r.State != v1alpha1.RecipientDeclined):
		return true
	case r.State == v1alpha1.RecipientActive:
		t.accepted++
	case r.HeldBy != "":
		t.elsewhere++
	case r.State == v1alpha1.RecipientDeclined:
		t.declined = append(t.declined, string(r.Email))
	default:
		t.limited++
	}
	return false
}

// String says why nobody would get a mail, and what can be done about it.
func (t *resendTally) String() string {
	var words []string
	for _, part := range []struct {
		n    int
		what string
	}{
		{t.accepted, "accepted"}, {len(t.declined), "declined"}, {t.elsewhere, "invited by another object"}, {t.limited, "Limited"},
	} {
		if part.n > 0 {
			words = append(words, fmt.Sprintf("%d %s", part.n, part.what))
		}
	}
	why := fmt.Sprintf("sends nothing, because nobody in spec.emails is left to invite (%s): ", strings.Join(words, ", "))
	if len(t.declined) > 0 {
		return why + fmt.Sprintf("to send to people who have declined, name them in the value, as in \"%s 2\"", t.declined[0])
	}
	return why + "leave the annotation as it was"
}

// queueResendFault says why the owner of a workspace's queue would get no mail.
func queueResendFault(w *v1alpha1.Workspace, request onboarding.Resend) string {
	q := &w.Status.Queue
	switch {
	case w.Spec.Portal == nil:
		return "sends nothing, because this Workspace has no spec.portal, whose queue would have an owner to ask: " + resendElsewhere
	case !emailaddr.Same(string(w.Spec.Portal.QueueEmail), string(q.Email)):
		return "" // a new owner is asked anyway
	case effective.QueueInForce(w) != "":
		return fmt.Sprintf("sends nothing, because %s is in use already, and its owner need not be asked: leave the annotation as it was",
			w.Spec.Portal.QueueEmail)
	case q.State == v1alpha1.QueueDeclined:
		return fmt.Sprintf("sends nothing, because the owner of %s has declined and is not asked again: set spec.portal.queueEmail to "+
			"another address", w.Spec.Portal.QueueEmail)
	}
	return actedOn(request, q.ObservedResend)
}
