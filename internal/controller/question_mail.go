// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"context"
	"errors"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/usher-operator/usher/api/v1alpha1"
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

// deliver sends the mails that are due, one by one, each from the state that the one before has written.
func (r *questionReconciler) deliver(ctx context.Context, k *store.Kept, s questionScope) (ctrl.Result, error) {
	if due := k.Due(r.Now()); len(due) > 0 {
		mails, wait := r.pace.turn(types.NamespacedName{Namespace: r.Namespace, Name: k.Name}, len(due), r.Now())
		if mails == 0 {
			return ctrl.Result{RequeueAfter: wait}, nil
		}
		var err error
		if k, err = r.sendDue(ctx, k, s, mails); err != nil {
			if errors.Is(err, store.ErrGone) {
				return ctrl.Result{}, nil
			}
			return settled(ctrl.Result{}, err)
		}
	}
	return ctrl.Result{RequeueAfter: k.Wait(r.Now())}, nil
}

func (r *questionReconciler) sendDue(ctx context.Context, k *store.Kept, s questionScope, mails int) (*store.Kept, error) {
	// An older state than the newest may not know that a mail was sent.
	k, err := r.Desk.Get(ctx, k.Name)
	if err != nil {
		return nil, err
	}
	due := k.Due(r.Now())
	for _, kind := range due[:min(len(due), mails)] {
		if ctx.Err() != nil {
			break // told to stop: the next operator goes on
		}
		if k, err = r.sendOne(ctx, k, s, kind); err != nil {
			return nil, err
		}
	}
	return k, err
}

// sendOne sends a mail and writes what came of it.
func (r *questionReconciler) sendOne(ctx context.Context, k *store.Kept, s questionScope, kind question.Kind) (*store.Kept, error) {
	id := onboarding.MessageID(k.UID, k.Address, v1alpha1.MailKind(kind), 1, r.MailDomain)
	delivery := attemptSend(ctx, string(kind), id, func(ctx context.Context) error {
		message, err := r.message(k, s, kind)
		if err != nil {
			return err
		}
		message.MessageID = id
		return r.Mailer.Send(ctx, message)
	})
	recording, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordTimeout)
	defer cancel()
	before := k.State
	k, err := r.Desk.Amend(recording, k.Name, func(q *question.Question) error {
		q.Note(kind, delivery, r.Now())
		return nil
	})
	if err != nil {
		return nil, err
	}
	r.tell(k, s, before)
	if k.State == question.Passed && before != question.Passed {
		return k, r.prune(recording, k.Organization)
	}
	return k, nil
}

// tell says to who looks after the workspace that a question is held back; never what it says or who asked.
func (r *questionReconciler) tell(k *store.Kept, s questionScope, before question.State) {
	if k.State != question.Failed || before == question.Failed || s.workspace == nil {
		return
	}
	r.Recorder.Eventf(s.workspace, nil, corev1.EventTypeWarning, ReasonQuestionRefused, "PassOn", "the mail server refuses question #%s "+
		"to the queue %s for good: it is kept and tried again each day, or at once when spec.portal.queueEmail changes",
		k.Reference, k.Queue)
}

// drop takes a question out whose time is over. One that was confirmed and never passed on is told of.
func (r *questionReconciler) drop(ctx context.Context, k *store.Kept, s questionScope) error {
	if s.workspace != nil && (k.State == question.Received || k.State == question.Failed) {
		r.Recorder.Eventf(s.workspace, nil, corev1.EventTypeWarning, ReasonQuestionDropped, "PassOn", "question #%s could not be "+
			"passed on to the queue %s within %d days and is deleted", k.Reference, k.Queue, int(question.KeepFor/question.Day))
	}
	return r.Desk.Remove(ctx, k)
}

// prune keeps the number of records within its bound.
func (r *questionReconciler) prune(ctx context.Context, organization string) error {
	surplus, err := r.Desk.Surplus(ctx, organization, question.KeptPerOrganization)
	for _, k := range surplus {
		if failed := r.Desk.Remove(ctx, k); !apierrors.IsConflict(failed) { // one that changes is looked at again
			err = errors.Join(err, failed)
		}
	}
	return err
}

// message writes a question's mail.
func (r *questionReconciler) message(k *store.Kept, s questionScope, kind question.Kind) (mail.Message, error) {
	content := s.content(k, kind)
	m := mail.Message{To: k.Address, FromName: content.Organization}
	var err error
	switch kind {
	case question.KindConfirmation:
		// Nothing that the asker wrote: whoever fills in the form may have given somebody else's address.
		content.Expires = k.Asked.Add(question.ConfirmWithin)
		content.URL, err = r.questionLink("/q/", linktoken.PurposeQuestion, k.UID, k.Address)
	case question.KindReceipt:
		content.Recipient, content.Subject = k.Question.Name, k.Subject
		content.Facts = append([]mail.Fact{factOf("details.subject", wordOf(k.Subject))}, content.Facts...)
		content.URL, err = r.questionLink("/a/", linktoken.PurposeAsker, k.WorkspaceUID, k.Address)
	case question.KindQuestion:
		m.To, m.FromName, m.ReplyTo, m.Personal = k.Queue, asker(k), k.Address, true
		content.Inviter, content.Subject, content.Message = asker(k), k.Subject, k.Text
		content.Facts = append([]mail.Fact{
			factOf("details.asker", wordOf(k.Question.Name), wordOf(k.Address)), factOf("details.subject", wordOf(k.Subject)),
		}, content.Facts...)
	}
	if err != nil {
		return m, err
	}
	m.Rendered, err = r.MailTemplates.Render(content)
	return m, err
}

// content is what all of a question's mails have in common.
func (s questionScope) content(k *store.Kept, kind question.Kind) mail.Content {
	content := mail.Content{
		Kind: mail.Kind(kind), Language: k.Language, Organization: k.Organization,
		Values: map[string]string{"workspace": k.Workspace, "reference": k.Reference},
		Facts: []mail.Fact{
			factOf("details.reference", wordOf(k.Reference)), factOf("details.asked", mail.Word{Time: k.Asked}),
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

func (r *questionReconciler) questionLink(path string, purpose linktoken.Purpose, uid types.UID, email string) (string, error) {
	token, err := r.Keys.Sign(purpose, uid, email, 0)
	return r.PortalURL + path + token, err
}
