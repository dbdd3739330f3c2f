// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package questions

import (
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/linktoken"
	"github.com/usher-operator/usher/internal/mail"
	"github.com/usher-operator/usher/internal/question"
	"github.com/usher-operator/usher/internal/question/store"
)

// message composes a question's mail.
func (r *Reconciler) message(s *scope, kind question.Kind) (mail.Message, mail.Content, error) {
	k, content := s.kept, s.content(kind)
	m := mail.Message{To: k.Address, FromName: content.Organization}
	var err error
	switch kind {
	case question.KindConfirmation:
		// Nothing that the asker wrote: whoever fills in the form may have given somebody else's address.
		content.Expires = k.ConfirmBy()
		content.URL, err = r.links.URL(linktoken.PurposeQuestion, k.UID, k.Address, 0)
	case question.KindReceipt:
		content.Recipient, content.Subject = k.Question.Name, k.Subject
		content.Facts = append([]mail.Fact{mail.FactOf("details.subject", mail.WordOf(k.Subject))}, content.Facts...)
		content.URL, err = r.links.URL(linktoken.PurposeAsker, k.WorkspaceUID, k.Address, 0)
	case question.KindQuestion:
		m.To, m.FromName, m.ReplyTo, m.Personal = k.Queue, askerName(k), k.Address, true
		content.Inviter, content.Subject, content.Message = askerName(k), k.Subject, k.Text
		content.Facts = append([]mail.Fact{
			mail.FactOf("details.asker", mail.WordOf(k.Question.Name), mail.WordOf(k.Address)),
			mail.FactOf("details.subject", mail.WordOf(k.Subject)),
		}, content.Facts...)
	}
	return m, content, err
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
	content.Values["workspace"] = string(s.workspace.Spec.Portal.Title)
	if kind == question.KindQuestion {
		content.Values["workspace"] = effective.WorkspaceTitle(s.workspace)
		if s.organization != nil {
			content.Language = effective.LanguageOf(s.organization, "", s.workspace)
		}
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
