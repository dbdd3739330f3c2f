// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package effective

import (
	"fmt"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/emailaddr"
)

// QueueInForce returns the address to which a workspace's questions and mails are passed on. It is empty if the workspace has no page, or
// as long as the owner of the address has not agreed to it.
func QueueInForce(w *v1alpha1.Workspace) string {
	if w.Spec.Portal == nil {
		return ""
	}
	address, q := string(w.Spec.Portal.QueueEmail), &w.Status.Queue
	if queueExisted(w) || queueAgreed(q.State) && emailaddr.Same(address, string(q.Email)) {
		return address
	}
	return ""
}

func queueAgreed(state v1alpha1.QueueState) bool {
	return state == v1alpha1.QueueConfirmed || state == v1alpha1.QueueAllowed || state == v1alpha1.QueueExisting
}

// queueExisted reports whether a version that did not ask owners has put the workspace in force: its status describes this very spec and
// says nothing about the queue. One that asks writes both at once.
func queueExisted(w *v1alpha1.Workspace) bool {
	return w.Status.Queue.State == "" && w.Status.ObservedGeneration == w.Generation
}

// QueueFacts are what the state of a queue follows from.
type QueueFacts struct {
	Domains QueueDomains
	// Organization is the workspace's; nil: nobody is asked until there is one.
	Organization *v1alpha1.Organization
	// MessageID returns the Message-ID of the mail that asks an address for the n-th time.
	MessageID func(email string, n int32) string
	Now       time.Time
}

// NextQueue returns the state of a workspace's queue that follows from the spec and the state so far.
func NextQueue(w *v1alpha1.Workspace, f QueueFacts) v1alpha1.QueueStatus {
	q := *w.Status.Queue.DeepCopy()
	if w.Spec.Portal == nil {
		return v1alpha1.QueueStatus{SendCount: q.SendCount} // an old link must not be like a later one
	}
	address := w.Spec.Portal.QueueEmail
	same := emailaddr.Same(string(address), string(q.Email))
	anew := v1alpha1.QueueStatus{
		Email: address, SendCount: q.SendCount, ObservedResend: bounded(w.Annotations[v1alpha1.AnnotationResend]),
	}
	switch {
	case same && (q.State == v1alpha1.QueueConfirmed || q.State == v1alpha1.QueueExisting):
		return q
	case f.Domains.allow(w.Namespace, string(address)):
		anew.State = v1alpha1.QueueAllowed
		return anew
	case queueExisted(w):
		anew.State = v1alpha1.QueueExisting
		return anew
	case !same || q.Mail == nil, anew.ObservedResend != "" && anew.ObservedResend != q.ObservedResend && askedAgain(&q, f):
		return asked(anew, f)
	case q.State == v1alpha1.QueueRequested && q.ExpirationTime != nil && !f.Now.Before(q.ExpirationTime.Time):
		q.State = v1alpha1.QueueExpired
	}
	return q
}

// askedAgain reports whether the owner of a queue may be asked once more. One who has declined is left alone.
func askedAgain(q *v1alpha1.QueueStatus, f QueueFacts) bool {
	return q.State != v1alpha1.QueueDeclined && f.Organization != nil
}

// asked returns the state of a queue whose owner is to be asked, as soon as there is an organization that asks.
func asked(q v1alpha1.QueueStatus, f QueueFacts) v1alpha1.QueueStatus {
	q.State = v1alpha1.QueueRequested
	if f.Organization == nil {
		return q
	}
	q.SendCount++
	q.ExpirationTime = new(metav1.NewTime(f.Now.Add(ValidityOf(f.Organization)).UTC().Truncate(time.Second)))
	q.Mail = &v1alpha1.MailStatus{
		Kind: v1alpha1.MailQueueConfirmation, State: v1alpha1.MailQueued, MessageID: f.MessageID(string(q.Email), q.SendCount),
	}
	return q
}

// maxResend bounds observedResend, in bytes.
const maxResend = 256

func bounded(value string) string {
	return strings.ToValidUTF8(value[:min(len(value), maxResend)], "")
}

// QueueProblem says why a workspace's queue is not used, and whether that ends by itself or by what the owner does. It is empty if the
// queue is used, or if there is none.
func QueueProblem(w *v1alpha1.Workspace) (why string, passes bool) {
	if w.Spec.Portal == nil || QueueInForce(w) != "" {
		return "", false
	}
	q := &w.Status.Queue
	const (
		until = "until then the page is not open, and mails to the intake wait in your mail server"
		again = "change the annotation " + v1alpha1.AnnotationResend + " to ask again, use another address, or have the platform team " +
			"allow it (--queue-domains)"
	)
	about := fmt.Sprintf("spec.portal.queueEmail %s", w.Spec.Portal.QueueEmail)
	switch {
	case q.State == v1alpha1.QueueDeclined:
		return about + " is not used, because its owner has declined: use another address", false
	case q.State == v1alpha1.QueueExpired:
		return about + " is not used, because its owner did not confirm it in time: " + again, false
	case q.State == v1alpha1.QueueUndeliverable:
		return fmt.Sprintf("%s is not used, because the mail server permanently refused the mail that asks its owner to confirm it: "+
			"correct it; or %s", about, again), false
	case q.Mail == nil || q.Mail.State == v1alpha1.MailQueued:
		return about + " waits for its owner, who is about to be asked by mail to confirm it: " + until, true
	default:
		return fmt.Sprintf("%s waits for its owner, who was asked by mail to confirm it by %s: %s", about,
			q.ExpirationTime.UTC().Format(time.RFC3339), until), true
	}
}
