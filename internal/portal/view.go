// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package portal

import (
	"unicode/utf8"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/authz"
	"github.com/usher-operator/usher/internal/locale"
)

// maxShortNames is how many characters the names in a heading may have together for it to be written large.
const maxShortNames = 56

// step is a step on the way from the invitation to access, as it is shown above the page.
type step struct {
	// Name is the end of its phrase's key.
	Name string
	// State is done, current or open.
	State string
}

// command is a line to be copied into a terminal.
type command struct {
	// Label says what it is for.
	Label string
	Line  string
}

// signs are the pictures of the notices by their names; the others have a question mark.
var signs = map[string]string{
	screenCheckMail.name: "mail",
	screenUsed.name:      "good",
	screenExpired.name:   "time",
	screenBusy.name:      "time",
	screenDeclined.name:  "ended",
	screenRevoked.name:   "ended",
	screenUnreached.name: "trouble",
	screenTrouble.name:   "trouble",
	screenRefused.name:   "trouble",
	screenBad.name:       "trouble",
	screenHome.name:      "mail",

	screenQuestionSent.name: "mail",
	screenQuestionGone.name: "time",
	"limitAddress":          "time",
	"limitDay":              "time",
	"limitNetwork":          "time",
	"limitWorkspace":        "time",
}

// Style is the address of the style sheet.
func (p *page) Style() string { return style.address() }

// Icon is the address of the icon that the browser shows with the page's title.
func (p *page) Icon() string { return icon.address() }

// Wide is true for pages in two parts.
func (p *page) Wide() bool {
	return p.Name == screenInvite.name || p.Name == screenAsk.name || (p.Name == screenWelcome.name && p.SignsIn())
}

// Long is true when names make for a heading of many lines.
func (p *page) Long() bool {
	return utf8.RuneCountInString(p.values["organization"]+p.values["inviter"]) > maxShortNames
}

// Sign is the picture of a notice.
func (p *page) Sign() string {
	if sign, ok := signs[p.Name]; ok {
		return sign
	}
	return "question"
}

// Steps are the steps of the way that the page is part of; none for pages beside it.
func (p *page) Steps() []step {
	at := map[string]int{screenInvite.name: 0, screenCheckMail.name: 1, screenConfirm.name: 1, screenWelcome.name: 2}
	current, ok := at[p.Name]
	if !ok || p.Link == nil {
		return nil
	}
	steps := []step{{Name: "details"}, {Name: "confirm"}, {Name: "access"}}
	for i := range steps {
		switch {
		case i < current:
			steps[i].State = "done"
		case i == current:
			steps[i].State = "current"
		default:
			steps[i].State = "open"
		}
	}
	if !p.Link.NeedsConfirmation {
		steps = append(steps[:1], steps[2])
	}
	return steps
}

// Role is the role, written out.
func (p *page) Role() string { return p.locale.Role(string(p.Link.Role)) }

// RoleHint says in a few words what the role is for; empty for a role without a phrase.
func (p *page) RoleHint() string { return p.locale.Get("roleHint." + string(p.Link.Role)) }

// Access says what a person may do in a workspace; empty for an access without a phrase.
func (p *page) Access(w Workspace) string { return p.locale.Get("access." + string(w.Access)) }

// AllWorkspaces is true for a role that has access to every workspace by itself.
func (p *page) AllWorkspaces() bool { return p.Link.Role == v1alpha1.RoleOrganizationAdmin }

// Workspaces are the workspaces granted.
func (p *page) Workspaces() []Workspace {
	spaces := make([]Workspace, len(p.Link.Workspaces))
	for i, w := range p.Link.Workspaces {
		w.Title = locale.OneLine(w.Title)
		spaces[i] = w
	}
	return spaces
}

// SignsIn is false for a person who only gets notifications.
func (p *page) SignsIn() bool {
	return p.Link.Role != v1alpha1.RoleNotificationsOnly && p.Link.Username != ""
}

// Arrived tells whether the link was used by a person who has access, who can see what it is.
func (p *page) Arrived() bool {
	return p.Name == screenUsed.name && p.Link != nil && p.Link.State == v1alpha1.RecipientActive
}

// Commands are what the person can do first.
func (p *page) Commands() ([]command, error) {
	label, err := p.T("command.whoami")
	if err != nil {
		return nil, err
	}
	commands := []command{{Label: label, Line: "kubectl auth whoami"}}
	if p.Link.Namespace != "" && authz.PowerOf(p.Link.Role, authz.AreaUsers) >= authz.PowerView {
		label, err := p.T("command.organization")
		if err != nil {
			return nil, err
		}
		line := "kubectl get orgusers,invitations,workspaces -n " + p.Link.Namespace
		commands = append(commands, command{Label: label, Line: line})
	}
	phrase, err := p.locale.Phrase("command.workspace")
	for _, w := range p.Workspaces() {
		if w.Namespace == "" {
			continue
		}
		label := locale.Values{"workspace": w.Title}.Fill(phrase)
		commands = append(commands, command{Label: label, Line: "kubectl get all -n " + w.Namespace})
	}
	return commands, err
}
