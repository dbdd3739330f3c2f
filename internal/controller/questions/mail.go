// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package questions

import (
	"context"
	"errors"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/delivery"
	"github.com/usher-operator/usher/internal/delivery/attempt"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/linktoken"
	"github.com/usher-operator/usher/internal/mail"
	"github.com/usher-operator/usher/internal/onboarding"
	"github.com/usher-operator/usher/internal/question"
	"github.com/usher-operator/usher/internal/question/store"
)

// Reasons of the events on a Workspace that tell of questions to it.
const (
	// ReasonQuestionRefused: the queue's mail server refuses one for good.
	ReasonQuestionRefused = "QuestionRefused"
	// ReasonQuestionDropped: one could not be passed on for as long as it is kept.
	ReasonQuestionDropped = "QuestionDropped"
)

// outbox holds the mails of one question.
type outbox struct {
	*Reconciler

	kept  *store.Kept
	scope questionScope
}

// Pending implements delivery.Outbox.
func (b *outbox) Pending() []delivery.Message {
	var messages []delivery.Message
	for _, kind := range b.kept.Pending() {
		messages = append(messages, delivery.Message{
			ID: string(kind), Wait: b.kept.Mail(kind).NextAttempt.Sub(b.now()), Urgency: urgency(kind),
		})
	}
	return messages
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
	k, kind := b.kept, question.Kind(id)
	messageID := onboarding.MessageID(k.UID, k.Address, v1alpha1.MailKind(kind), 1, b.mailDomain)
	return func(ctx context.Context) attempt.Result {
		return delivery.Try(ctx, mail.Kind(kind), messageID, func(ctx context.Context) error {
			message, content, err := b.message(k, b.scope, kind)
			if err != nil {
				return err
			}
			message.MessageID = messageID
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
	b.tell(kept, b.scope, before)
	if kept.State == question.Passed && before != question.Passed {
		return b.prune(ctx, kept.Organization)
	}
	return nil
}

// deliver sends the mails that are due, and returns when to look at the question again.
func (r *Reconciler) deliver(ctx context.Context, k *store.Kept, s questionScope) (ctrl.Result, error) {
	box := &outbox{Reconciler: r, kept: k, scope: s}
	result, err := r.dispatcher.Deliver(ctx, types.NamespacedName{Namespace: r.namespace, Name: k.Name}, box)
	if errors.Is(err, store.ErrGone) {
		return ctrl.Result{}, nil
	}
	if err == nil {
		result.RequeueAfter = attempt.Lowest(result.RequeueAfter, box.kept.Wait(r.now()))
	}
	return result, err
}

// tell says to who looks after the workspace that a question is held back; never what it says or who asked.
func (r *Reconciler) tell(k *store.Kept, s questionScope, before question.State) {
	if k.State != question.Failed || before == question.Failed || s.workspace == nil {
		return
	}
	r.recorder.Eventf(s.workspace, nil, corev1.EventTypeWarning, ReasonQuestionRefused, "PassOn", "the mail server refuses question #%s "+
		"to the queue %s for good: it is kept and tried again each day, or at once when spec.portal.queueEmail changes",
		k.Reference, k.Queue)
}

// drop takes a question out whose time is over. One that was confirmed and never passed on is told of.
func (r *Reconciler) drop(ctx context.Context, k *store.Kept, s questionScope) error {
	if s.workspace != nil && (k.State == question.Received || k.State == question.Failed) {
		r.recorder.Eventf(s.workspace, nil, corev1.EventTypeWarning, ReasonQuestionDropped, "PassOn", "question #%s could not be "+
			"passed on to the queue %s within %d days and is deleted", k.Reference, k.Queue, int(question.KeepFor/question.Day))
	}
	return r.questions.Remove(ctx, k)
}

// prune keeps the number of records within its bound.
func (r *Reconciler) prune(ctx context.Context, organization string) error {
	surplus, err := r.questions.Surplus(ctx, organization, question.KeptPerOrganization)
	for _, k := range surplus {
		if failed := r.questions.Remove(ctx, k); !apierrors.IsConflict(failed) { // one that changes is looked at again
			err = errors.Join(err, failed)
		}
	}
	return err
}

// message writes a question's mail.
func (r *Reconciler) message(k *store.Kept, s questionScope, kind question.Kind) (mail.Message, mail.Content, error) {
	content := s.content(k, kind)
	m := mail.Message{To: k.Address, FromName: content.Organization}
	var err error
	switch kind {
	case question.KindConfirmation:
		// Nothing that the asker wrote: whoever fills in the form may have given somebody else's address.
		content.Expires = k.Asked.Add(question.ConfirmWithin)
		content.URL, err = r.links.URL(linktoken.PurposeQuestion, k.UID, k.Address, 0)
	case question.KindReceipt:
		content.Recipient, content.Subject = k.Question.Name, k.Subject
		content.Facts = append([]mail.Fact{mail.FactOf("details.subject", mail.WordOf(k.Subject))}, content.Facts...)
		content.URL, err = r.links.URL(linktoken.PurposeAsker, k.WorkspaceUID, k.Address, 0)
	case question.KindQuestion:
		m.To, m.FromName, m.ReplyTo, m.Personal = k.Queue, asker(k), k.Address, true
		content.Inviter, content.Subject, content.Message = asker(k), k.Subject, k.Text
		content.Facts = append([]mail.Fact{
			mail.FactOf("details.asker", mail.WordOf(k.Question.Name), mail.WordOf(k.Address)), mail.FactOf("details.subject", mail.WordOf(k.Subject)),
		}, content.Facts...)
	}
	return m, content, err
}

// content is what all of a question's mails have in common.
func (s questionScope) content(k *store.Kept, kind question.Kind) mail.Content {
	content := mail.Content{
		Kind: mail.Kind(kind), Language: k.Language, Organization: k.Organization,
		Values: map[string]string{"workspace": k.Workspace, "reference": k.Reference},
		Facts: []mail.Fact{
			mail.FactOf("details.reference", mail.WordOf(k.Reference)), mail.FactOf("details.asked", mail.Word{Time: k.Asked}),
		},
	}
	if s.organization != nil {
		content.Organization, content.Location = effective.OrganizationTitle(s.organization), effective.LocationOf(s.organization)
	}
	if s.workspace == nil {
		return content
	}
	content.Values["workspace"] = string(s.workspace.Spec.Portal.Title)
	if kind == question.KindQuestion {
		content.Values["workspace"] = effective.WorkspaceTitle(s.workspace)
		if s.organization != nil {
			content.Language = effective.LanguageOf(s.organization, "", s.workspace)
		}
	}
	return content
}

// asker is how the people at the queue call who asked.
func asker(k *store.Kept) string {
	if k.Question.Name != "" {
		return k.Question.Name
	}
	return k.Address
}
