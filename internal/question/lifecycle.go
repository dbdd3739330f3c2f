// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package question

import (
	"time"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/delivery/attempt"
)

// Ask begins a question's way: it waits for the asker's confirmation.
func (q *Question) Ask(now time.Time) {
	q.State, q.Asked = Waiting, now.UTC().Truncate(time.Second)
	q.Confirmation = Mail{State: v1alpha1.MailQueued}
}

// Confirm notes that the asker has confirmed the address. It gives false, and changes nothing, when that was done before
// or when the time for it is over.
func (q *Question) Confirm(now time.Time) bool {
	if q.State != Waiting || q.Ended(now) {
		return false
	}
	q.State, q.Confirmed = Received, now.UTC().Truncate(time.Second)
	if q.Confirmation.State == v1alpha1.MailQueued {
		q.Confirmation.State = v1alpha1.MailSent // it has arrived, whatever was noted
	}
	q.Receipt = Mail{State: v1alpha1.MailQueued}
	q.Forward = Mail{State: v1alpha1.MailQueued}
	return true
}

// Readdress gives a question that is not passed on the queue's present address. One that was refused at another address is
// tried at once. It gives false when nothing changes.
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

// Pending returns the mails that are to be sent, now or later.
func (q *Question) Pending() []Kind {
	var kinds []Kind
	switch q.State {
	case Waiting:
		kinds = []Kind{KindConfirmation}
	case Received, Failed, Passed:
		kinds = []Kind{KindReceipt, KindQuestion}
	}
	var pending []Kind
	for _, kind := range kinds {
		if q.Mail(kind).State == v1alpha1.MailQueued {
			pending = append(pending, kind)
		}
	}
	return pending
}

// Wait gives how long until time alone moves the question: a mail to be tried again, or its end.
func (q *Question) Wait(now time.Time) time.Duration {
	wait := q.ends().Sub(now)
	for _, kind := range q.Pending() {
		wait = min(wait, q.Mail(kind).NextAttempt.Sub(now))
	}
	return max(wait, time.Millisecond)
}

// Note notes what came of an attempt to send a mail. A mail that is not called for any more changes nothing.
func (q *Question) Note(kind Kind, d attempt.Result, now time.Time) {
	const maxError = 300
	mail := q.Mail(kind)
	if mail.State != v1alpha1.MailQueued {
		return
	}
	now = now.UTC().Truncate(time.Second)
	mail.LastError = attempt.Shorten(d.Error, maxError)
	if !d.RetryAt.IsZero() {
		mail.NextAttempt = d.RetryTime(mail.Attempts, now).UTC()
		return
	}
	mail.Attempts++
	mail.NextAttempt = d.RetryTime(mail.Attempts, now)
	switch {
	case d.Error == "":
		mail.State = v1alpha1.MailSent
	case !d.Permanent:
	case kind == KindQuestion:
		mail.NextAttempt = now.Add(retryRefused)
	default:
		mail.State = v1alpha1.MailFailed
	}
	if kind == KindQuestion {
		q.settle(d, now)
	}
	q.forget()
}

// SeeToAccount notes that the asker has an account, or had one.
func (q *Question) SeeToAccount() {
	q.Account = true
	q.forget()
}

// settle brings the state up to date with what came of passing the question on.
func (q *Question) settle(d attempt.Result, now time.Time) {
	switch {
	case d.Error == "":
		q.State, q.PassedOn = Passed, now
	case d.Permanent:
		q.State = Failed
	}
}

// forget takes out what is not needed any more: what the asker wrote when it is passed on, and the address once the
// receipt is out and the account exists as well.
func (q *Question) forget() {
	if q.State != Passed {
		return
	}
	q.Name, q.Text = "", ""
	if q.Account && q.Receipt.State != v1alpha1.MailQueued {
		q.Address = ""
	}
}

// Ended tells whether the time is over for which the question is kept.
func (q *Question) Ended(now time.Time) bool { return !now.Before(q.ends()) }

func (q *Question) ends() time.Time {
	switch q.State {
	case Waiting:
		return q.Asked.Add(ConfirmWithin)
	case Passed:
		return q.PassedOn.Add(KeepFor)
	default:
		return q.Confirmed.Add(KeepFor)
	}
}
