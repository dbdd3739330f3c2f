// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package onboardingmail

import (
	"strconv"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/mail"
)

// SetOutlook sets what the person has, or gets on accepting, and the name to sign in with, unless there is nothing to sign in to (NOV-7).
// A person whose account is suspended is told so in place of being welcomed: what a mail says is true when it is sent.
func (d *Draft) SetOutlook(o effective.Outlook, username string) {
	c := &d.Content
	c.Role, c.Workspaces, c.Modules = string(o.Role), workspaceWords(o, c.Kind == mail.Welcome), moduleWords(o)
	if c.Kind != mail.Welcome {
		return
	}
	c.Standing = string(o.Standing)
	if o.Standing == effective.StandingSuspended {
		c.Kind = mail.Suspended
	}
	if o.Role != v1alpha1.RoleNotificationsOnly && !o.Standing.Nothing() {
		c.Username = username
	}
}

// workspaceWords returns the workspaces of a mail. A person who has access to all is not told each. Accepted is true if the person has
// accepted: until then, a workspace has time to become ready.
func workspaceWords(o effective.Outlook, accepted bool) []mail.Word {
	if o.AllWorkspaces {
		return []mail.Word{mail.PhraseOf("access.all")}
	}
	shown, more := o.Shown()
	words := make([]mail.Word, 0, len(shown)+1)
	for _, w := range shown {
		key := "access." + string(w.Access)
		if accepted && !w.Ready() {
			key += ".pending"
		}
		words = append(words, mail.PhraseOf(key, "workspace", w.Title))
	}
	if more > 0 {
		words = append(words, mail.PhraseOf("more", "n", strconv.Itoa(more)))
	}
	return words
}

func moduleWords(o effective.Outlook) []mail.Word {
	words := make([]mail.Word, 0, len(o.Modules)+len(o.AwaitingSeats))
	for _, module := range o.Modules {
		words = append(words, mail.WordOf(module))
	}
	for _, module := range o.AwaitingSeats {
		words = append(words, mail.PhraseOf("access.awaitingSeat", "module", module))
	}
	return words
}
