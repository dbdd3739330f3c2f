// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package question

import (
	"slices"
	"time"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/delivery/attempt"
)

// Ask starts a question: it waits for the asker's confirmation.
func (q *Question) Ask(now time.Time) {
	q.State, q.Asked = Waiting, now.UTC().Truncate(time.Second)
	q.Confirmation = Mail{State: v1alpha1.MailQueued}
}

// Confirm notes that the asker has confirmed the address. It changes nothing if that was done before, or if the time for it is over. It
// reports whether it changed the question.
func (q *Question) Confirm(now time.Time) bool {
	if q.State != Waiting || q.Ended(now) {
		return false
	}
	q.State, q.Confirmed, q.Network = Received, now.UTC().Truncate(time.Second), ""
	if q.Confirmation.State == v1alpha1.MailQueued {
		q.Confirmation.State = v1alpha1.MailSent // it has arrived, whatever was recorded
	}
	q.Receipt = Mail{State: v1alpha1.MailQueued}
	q.Forward = Mail{State: v1alpha1.MailQueued}
	return true
}

// Readdress sets the queue's present address in a question that has not been passed on. A question that was refused at another address
// is tried again at once. Readdress reports whether it changed the question.
func (q *Question) Readdress(queue string) bool {
	if !q.Open() || queue == "" || q.Queue == queue {
		return false
	}
	q.Queue = queue
	if q.State == Failed {
		q.State = Received
		q.Forward = Mail{State: v1alpha1.MailQueued}
	}
	return true
}

// Pending returns the mails to be sent, now or later, except those of the kinds that are held back.
func (q *Question) Pending(held ...Kind) []Kind {
	var kinds []Kind
	switch q.State {
	case Waiting:
		kinds = []Kind{KindConfirmation}
	case Received, Failed, Passed:
		kinds = []Kind{KindReceipt, KindQuestion}
	}
	var pending []Kind
	for _, kind := range kinds {
		if q.Mail(kind).State == v1alpha1.MailQueued && !slices.Contains(held, kind) {
			pending = append(pending, kind)
		}
	}
	return pending
}

// Wait returns how long until something is due even if nothing changes: another attempt to send a mail that is not held back, or the end
// of the question.
func (q *Question) Wait(now time.Time, held ...Kind) time.Duration {
	wait := q.ends().Sub(now)
	for _, kind := range q.Pending(held...) {
		wait = min(wait, q.Mail(kind).NextAttempt.Sub(now))
	}
	return max(wait, time.Millisecond)
}

// Note records the outcome of an attempt to send a mail. It changes nothing if the mail is no longer called for.
func (q *Question) Note(kind Kind, result attempt.Result, now time.Time) {
	const maxError = 300
	mail := q.Mail(kind)
	if mail.State != v1alpha1.MailQueued {
		return
	}
	if kind != KindQuestion {
		result = result.ForRecipient()
	}
	now = now.UTC().Truncate(time.Second)
	mail.LastError, mail.Budget = attempt.Shorten(result.Error, maxError), result.Budget
	if result.Budget != "" {
		mail.Held += max(result.RetryTime(mail.Attempts, now).Sub(now), 0)
	}
	if !result.RetryAt.IsZero() {
		mail.NextAttempt = result.RetryTime(mail.Attempts, now).UTC()
		return
	}
	mail.Attempts++
	mail.NextAttempt = result.RetryTime(mail.Attempts, now)
	switch {
	case result.Error == "":
		mail.State = v1alpha1.MailSent
	case !result.Permanent:
	case kind == KindQuestion:
		mail.NextAttempt = now.Add(retryRefused)
	default:
		mail.State = v1alpha1.MailFailed
	}
	if kind == KindQuestion {
		q.advance(result, now)
	}
	q.forget()
}

// NoteAccount records that the asker has, or had, an account.
func (q *Question) NoteAccount() {
	q.Account = true
	q.forget()
}

// advance changes the state by the outcome of an attempt to pass the question on.
func (q *Question) advance(result attempt.Result, now time.Time) {
	switch {
	case result.Error == "":
		q.State, q.PassedOn = Passed, now
	case result.Permanent:
		q.State = Failed
	}
}

// forget deletes what is no longer needed: what the asker wrote once it has been passed on, and the address once the receipt has been
// sent and the account exists as well.
func (q *Question) forget() {
	if q.State != Passed {
		return
	}
	q.Name, q.Text = "", ""
	if q.Account && q.Receipt.State != v1alpha1.MailQueued {
		q.Address = ""
	}
}

// Ended reports whether the time for which the question is kept is over.
func (q *Question) Ended(now time.Time) bool { return !now.Before(q.ends()) }

// ConfirmBy returns until when the asker can confirm the address.
func (q *Question) ConfirmBy() time.Time { return q.Asked.Add(ConfirmWithin + q.Confirmation.Held) }

func (q *Question) ends() time.Time {
	switch q.State {
	case Waiting:
		return q.ConfirmBy()
	case Passed:
		return q.PassedOn.Add(KeepFor)
	default:
		return q.Confirmed.Add(KeepFor)
	}
}
