// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package portal

import (
	"strings"
	"unicode/utf8"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/authz"
	"github.com/usher-operator/usher/internal/locale"
	"github.com/usher-operator/usher/internal/lookup"
)

// maxShortNames is the total number of characters that the names in a heading may have for it to be shown in large type.
const maxShortNames = 56

// maxExamples is how many workspaces have a command on the page of a person who has access to all.
const maxExamples = 3

// step is a step from the invitation to access, as shown above the page.
type step struct {
	// Name is the last part of its phrase's key.
	Name string
	// State is done, current or open.
	State string
}

// command is a line to copy into a terminal.
type command struct {
	// Label says what the command is for.
	Label string
	Line  string
}

// signs are the pictures of screens, by name. Other screens have a question mark.
var signs = map[string]string{
	screenCheckMail.name: "mail",
	screenUsed.name:      "good",
	screenExpired.name:   "time",
	screenBusy.name:      "time",
	screenDeclined.name:  "ended",
	screenRevoked.name:   "withdrawn",
	screenReplaced.name:  "mail",
	screenUnreached.name: "trouble",
	screenTrouble.name:   "trouble",
	screenPaused.name:    "time",
	screenRefused.name:   "trouble",
	screenBad.name:       "trouble",
	screenHome.name:      "mail",

	screenAddressConfirmed.name: "good",
	screenAddressGone.name:      "time",

	screenAccountNone.name:      "question",
	screenSignInDown.name:       "trouble",
	screenSignInStale.name:      "time",
	screenSignInDenied.name:     "ended",
	screenSignInRefused.name:    "trouble",
	screenSignInUnverified.name: "trouble",
	screenSignInOther.name:      "trouble",
	screenPasswordSet.name:      "good",
	screenPasswordGone.name:     "time",
	screenPasswordLater.name:    "trouble",
	screenPasswordSent.name:     "mail",

	screenQuestionSent.name: "mail",
	screenQuestionGone.name: "time",
	screenDeskClosed.name:   "time",

	screenQueueConfirmed.name: "good",
	screenQueueDeclined.name:  "ended",
	screenQueueGone.name:      "ended",
	"limitAddress":            "time",
	"limitDay":                "time",
	"limitNetwork":            "time",
	"limitWorkspace":          "time",
}

// Style returns the URL of the style sheet.
func (p *page) Style() string { return style.url() }

// Icon returns the URL of the icon that the browser shows with the page's title.
func (p *page) Icon() string { return icon.url() }

// Wide reports whether the page has two columns.
func (p *page) Wide() bool {
	return p.Name == screenInvite.name || p.Name == screenAsk.name || p.Name == screenAccount.name ||
		(p.Name == screenWelcome.name && p.SignsIn())
}

// Long reports whether the names in the heading are so long that it takes many lines.
func (p *page) Long() bool {
	return utf8.RuneCountInString(p.values["organization"]+p.values["inviter"]) > maxShortNames
}

// Sign returns the name of the page's picture.
func (p *page) Sign() string {
	if sign, ok := signs[p.Name]; ok {
		return sign
	}
	return "question"
}

// Steps returns the steps from the invitation to access, or nil for a page that is none of them.
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

// Role returns the role, written out.
func (p *page) Role() string { return p.locale.Role(string(p.Link.Role)) }

// RoleHint returns in a few words what the role is for, or "" for a role without a phrase.
func (p *page) RoleHint() string { return p.locale.Get("roleHint." + string(p.Link.Role)) }

// Access returns what the person may do in a workspace, or "" for an access without a phrase.
func (p *page) Access(w Workspace) string { return p.locale.Get("access." + string(w.Access)) }

// AllWorkspaces reports whether the role alone gives access to every workspace.
func (p *page) AllWorkspaces() bool { return p.Link.Role == v1alpha1.RoleOrganizationAdmin }

// Workspaces returns the workspaces granted.
func (p *page) Workspaces() []Workspace {
	spaces := make([]Workspace, len(p.Link.Workspaces))
	for i, w := range p.Link.Workspaces {
		w.Title = locale.OneLine(w.Title)
		spaces[i] = w
	}
	return spaces
}

// shownWorkspaces is how many workspaces a page lists at once. The others are folded.
const shownWorkspaces = 5

// FirstWorkspaces returns the workspaces that the page lists at once. One more takes no more room than a line that unfolds it.
func (p *page) FirstWorkspaces() []Workspace {
	all := p.Workspaces()
	if len(all) <= shownWorkspaces+1 {
		return all
	}
	return all[:shownWorkspaces]
}

// OtherWorkspaces returns the workspaces that are folded.
func (p *page) OtherWorkspaces() []Workspace { return p.Workspaces()[len(p.FirstWorkspaces()):] }

// Others returns the line that unfolds the other workspaces. It counts those that the page does not list, too.
func (p *page) Others() (string, error) {
	return p.countMore(len(p.OtherWorkspaces()) + p.Link.MoreWorkspaces)
}

// Gist returns in one line what the person is invited to. The style sheet shortens it to the width of the screen.
func (p *page) Gist() string {
	gist := []string{p.Role()}
	if !p.AllWorkspaces() {
		for _, w := range p.FirstWorkspaces() {
			gist = append(gist, w.Title)
		}
	}
	return strings.Join(gist, " · ")
}

// Contact returns whom the person can ask, or nil if nobody is known.
func (p *page) Contact() *lookup.Contact {
	if p.Link == nil || p.Link.Contact.Email == "" {
		return nil
	}
	return &lookup.Contact{Name: locale.OneLine(p.Link.Contact.Name), Email: locale.OneLine(p.Link.Contact.Email)}
}

// Inviter returns the inviter's name.
func (p *page) Inviter() string { return p.values["inviter"] }

// InviterEmail returns the inviter's address, or "" if the person can only ask somebody else.
func (p *page) InviterEmail() string {
	if contact := p.Contact(); contact != nil && p.Inviter() != "" && contact.Name == p.Inviter() {
		return contact.Email
	}
	return ""
}

// SignsIn reports whether the person can sign in, rather than only get notifications or wait for access.
func (p *page) SignsIn() bool { return p.Link.signsIn() }

func (k *Link) signsIn() bool {
	return k.Role != v1alpha1.RoleNotificationsOnly && k.Username != "" && !k.Standing.Nothing()
}

// ShowWelcomeLink reports whether the link was used by a person who has access, so that they can open the welcome page again.
func (p *page) ShowWelcomeLink() bool {
	return p.Name == screenUsed.name && p.Link != nil && p.Link.State == v1alpha1.RecipientActive
}

// Commands returns the commands that the person can start with.
func (p *page) Commands() ([]command, error) {
	workspaces := p.Workspaces()
	if p.AllWorkspaces() {
		workspaces = workspaces[:min(len(workspaces), maxExamples)]
	}
	spaces := make([]authz.Space, len(workspaces))
	for n, w := range workspaces {
		spaces[n] = authz.Space{Title: w.Title, Namespace: w.Namespace}
	}
	var commands []command
	for _, c := range authz.CommandsFor(p.Link.Role, p.Link.Namespace, spaces) {
		phrase, err := p.locale.Phrase("command." + c.Name)
		if err != nil {
			return nil, err
		}
		commands = append(commands, command{Label: locale.Values{"workspace": c.Workspace}.Fill(phrase), Line: c.Line})
	}
	return commands, nil
}
