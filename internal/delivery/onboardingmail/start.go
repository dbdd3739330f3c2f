// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package onboardingmail

import (
	"github.com/usher-operator/usher/internal/authz"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/mail"
)

// maxTried is how many workspaces a welcome has a command for. The others are tried in the same way.
const maxTried = 2

// SetStart sets where a person starts who is welcomed to an organization, by its namespace, and can sign in: the namespaces of the
// workspaces that are listed and ready, and commands to try.
func (d *Draft) SetStart(organization string, o effective.Outlook) {
	c := &d.Content
	if c.Kind != mail.Welcome || c.Username == "" {
		return
	}
	d.organization = organization
	listed, _ := o.Shown()
	var spaces []authz.Space
	for _, w := range listed {
		if w.Ready() {
			c.Namespaces = append(c.Namespaces, w.Namespace)
			spaces = append(spaces, authz.Space{Title: w.Title, Namespace: w.Namespace})
		}
	}
	for _, command := range authz.CommandsFor(o.Role, organization, spaces[:min(len(spaces), maxTried)]) {
		label := mail.PhraseOf("command."+command.Name, "workspace", command.Workspace)
		c.Commands = append(c.Commands, mail.Command{Label: label, Line: command.Line})
	}
}
