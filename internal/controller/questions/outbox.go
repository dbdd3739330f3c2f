// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package questions

import (
	"context"
	"errors"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/usher-operator/usher/internal/delivery"
	"github.com/usher-operator/usher/internal/delivery/attempt"
	"github.com/usher-operator/usher/internal/delivery/budget"
	"github.com/usher-operator/usher/internal/emailaddr"
	"github.com/usher-operator/usher/internal/mail"
	"github.com/usher-operator/usher/internal/question"
	"github.com/usher-operator/usher/internal/question/store"
)

// deliver sends the mails that are due. It returns how long until another pass is due even if nothing changes.
func (r *Reconciler) deliver(ctx context.Context, s *scope) (time.Duration, error) {
	if s.gone {
		return 0, nil
	}
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: r.questions.Namespace, Name: s.kept.Name}}
	result, err := r.dispatcher.Deliver(ctx, secret, &outbox{r, s})
	switch {
	case errors.Is(err, store.ErrGone):
		return 0, nil
	case err != nil:
		return 0, err
	}
	return attempt.Lowest(result.RequeueAfter, s.kept.Wait(r.now(), s.held()...)), nil
}

// outbox holds the mails of one question.
type outbox struct {
	*Reconciler
	*scope
}

// Pending implements delivery.Outbox.
func (b *outbox) Pending() []delivery.Message {
	var messages []delivery.Message
	for _, kind := range b.kept.Pending(b.held()...) {
		messages = append(messages, delivery.Message{
			ID: string(kind), Wait: b.kept.Mail(kind).NextAttempt.Sub(b.now()), Urgency: urgency(kind),
			Organization: b.kept.Organization, Stream: streams[kind], Destination: b.destination(kind),
		})
	}
	return messages
}

// streams are what budgets count questions' mails as.
var streams = map[question.Kind]budget.Stream{
	question.KindConfirmation: budget.Unproven, question.KindReceipt: budget.Awaited, question.KindQuestion: budget.Queue,
}

func (b *outbox) destination(kind question.Kind) string {
	if kind == question.KindQuestion {
		return emailaddr.Normalize(b.kept.Queue)
	}
	return emailaddr.Normalize(b.kept.Address)
}

// urgency puts the mails to the asker first, who is waiting in front of a page.
func urgency(kind question.Kind) int {
	if kind == question.KindQuestion {
		return 0
	}
	return 1
}

// Load implements delivery.Outbox.
func (b *outbox) Load(ctx context.Context) (bool, error) {
	kept, err := b.questions.Get(ctx, b.kept.Name)
	if err != nil {
		return false, err
	}
	b.kept = kept
	return true, nil
}

// Render implements delivery.Outbox.
func (b *outbox) Render(_ context.Context, id string) delivery.Send {
	kind := question.Kind(id)
	messageID := b.messageID(b.kept, kind)
	s := *b.scope // as it is now: Record changes it
	return func(ctx context.Context) attempt.Result {
		return delivery.Try(ctx, mail.Kind(kind), messageID, func(ctx context.Context) error {
			message, content, err := b.message(&s, kind)
			if err != nil {
				return err
			}
			return b.postbox.Send(ctx, message, content)
		})
	}
}

// Record implements delivery.Outbox.
func (b *outbox) Record(ctx context.Context, results map[string]attempt.Result) error {
	before := b.kept.State
	kept, err := b.questions.Amend(ctx, b.kept.Name, func(q *question.Question) error {
		for id, result := range results {
			q.Note(question.Kind(id), result, b.now())
		}
		return nil
	})
	if err != nil {
		return err
	}
	b.kept = kept
	b.reportHeld(b.scope, results)
	if before == kept.State {
		return nil
	}
	switch kept.State {
	case question.Failed:
		b.reportRefused(b.scope)
	case question.Passed:
		if err := b.prune(ctx, kept.Organization); err != nil { // the outcome is written; the next question that is passed on prunes again
			log.FromContext(ctx).Error(err, "cannot delete old records of questions", "organization", kept.Organization)
		}
	}
	return nil
}
