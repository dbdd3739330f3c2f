// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package questions

import (
	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/linktoken"
	"github.com/usher-operator/usher/internal/mail"
	"github.com/usher-operator/usher/internal/onboarding"
	"github.com/usher-operator/usher/internal/question"
	"github.com/usher-operator/usher/internal/question/store"
)

// message composes a question's mail.
func (r *Reconciler) message(s *scope, kind question.Kind) (mail.Message, mail.Content, error) {
	k, content := s.kept, s.content(kind)
	m := mail.Message{To: k.Address, FromName: content.Organization, MessageID: r.messageID(k, kind)}
	var err error
	switch kind {
	case question.KindConfirmation:
		// Nothing that the asker wrote: whoever fills in the form may have given somebody else's address.
		content.Expires = k.ConfirmBy()
		content.URL, err = r.links.URL(linktoken.PurposeQuestion, k.UID, k.Address, 0)
	case question.KindReceipt:
		content.Recipient, content.Subject = k.Question.Name, k.Subject
		content.Facts = append([]mail.Fact{mail.FactOf("details.subject", mail.WordOf(k.Subject))}, content.Facts...)
		if mail.CanReplyTo(s.intake) { // what the asker adds reaches the team, without the queue's address being told
			m.ReplyTo, content.Answered = s.intake, true
			content.Contact = content.Values["workspace"] + " (" + s.intake + ")"
		}
		content.URL, err = r.links.URL(linktoken.PurposeAsker, k.WorkspaceUID, k.Address, 0)
	case question.KindQuestion:
		m.To, m.FromName, m.ReplyTo, m.Personal = k.Queue, askerName(k), k.Address, true
		m.InReplyTo = r.messageID(k, question.KindReceipt) // the answer refers to it too, and the asker sees both together
		content.Inviter, content.Subject, content.Message, content.Answered = askerName(k), k.Subject, k.Text, true
		content.Facts = append([]mail.Fact{
			mail.FactOf("details.asker", mail.WordOf(k.Question.Name), mail.WordOf(k.Address)),
			mail.FactOf("details.subject", mail.WordOf(k.Subject)),
		}, content.Facts...)
	}
	return m, content, err
}

// messageID returns the Message-ID of one of a question's mails. It is always the same.
func (r *Reconciler) messageID(k *store.Kept, kind question.Kind) string {
	return onboarding.MessageID(k.UID, k.Address, v1alpha1.MailKind(kind), 1, r.mailDomain)
}

// content returns what all of a question's mails have in common.
func (s *scope) content(kind question.Kind) mail.Content {
	k := s.kept
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
	// The same name in the mails to the asker and to the queue: the answer's subject is the receipt's then.
	content.Values["workspace"] = string(s.workspace.Spec.Portal.Title)
	if kind == question.KindQuestion && s.organization != nil {
		content.Language = effective.LanguageOf(s.organization, "", s.workspace)
	}
	return content
}

// askerName returns what the people at the queue call the asker.
func askerName(k *store.Kept) string {
	if k.Question.Name != "" {
		return k.Question.Name
	}
	return k.Address
}
