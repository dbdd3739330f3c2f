// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package portal

import (
	"html/template"
	"strconv"
	"strings"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/locale"
)

// contactPlaceholder stands for whom the person can ask. A phrase names somebody even if nobody is known.
const contactPlaceholder = "{contact}"

// phrase returns a phrase, whose values are still to be filled in.
func (p *page) phrase(key string) (string, error) {
	phrase, err := p.locale.Phrase(key)
	if p.values["contact"] == "" {
		phrase = strings.ReplaceAll(phrase, contactPlaceholder, p.locale.Get("contact.unknown"))
	}
	return phrase, err
}

// Caveat says before the person accepts that accepting will not give access, or is empty if it will.
func (p *page) Caveat() (string, error) {
	if p.Link == nil || !p.Link.Standing.Nothing() || p.Link.State == v1alpha1.RecipientActive {
		return "", nil
	}
	return p.T("caveat", string(p.Link.Standing))
}

// Promises reports whether the person has access as soon as they accept.
func (p *page) Promises() bool {
	standing := p.Link.Standing
	return !standing.Nothing() && standing != effective.StandingNoWorkspace
}

// Registered reports whether the person has accepted and has no access.
func (p *page) Registered() bool { return p.Link.Standing.Nothing() }

// WelcomeText is the last part of the key of the welcome page's lead.
func (p *page) WelcomeText() string {
	switch standing := p.Link.Standing; {
	case standing.Nothing():
		return "text." + string(standing)
	case p.Link.Role == v1alpha1.RoleNotificationsOnly:
		return "textNotifications"
	case standing == effective.StandingPartial, standing == effective.StandingNoWorkspace:
		return "text." + string(standing)
	default:
		return "text"
	}
}

// More says how many workspaces there are beside those that the page lists, or is empty if it lists all.
func (p *page) More() (string, error) {
	if p.Link.MoreWorkspaces == 0 {
		return "", nil
	}
	return p.countMore(p.Link.MoreWorkspaces)
}

func (p *page) countMore(count int) (string, error) {
	phrase, err := p.locale.Phrase("fact.more")
	return locale.Values{"count": strconv.Itoa(count)}.Fill(phrase), err
}

// CanReconsider reports whether the page offers to take the decline back.
func (p *page) CanReconsider() bool {
	return p.Name == screenDeclined.name && p.Link != nil && p.Link.CanReconsider
}

// revocations are the reasons of which the page of a revoked invitation has something to say.
var revocations = map[v1alpha1.RevocationReason]bool{v1alpha1.RevokedInviterUnauthorized: true, v1alpha1.RevokedAccountRemoved: true}

// noticeKey returns the key of a phrase of a notice: that of the variant if the page has one, and what it needs is known.
func (p *page) noticeKey(part string) string {
	key := "notice." + p.Name + "." + part
	switch {
	case p.endsSignIn() && (part == "text" || part == "hint"):
		return key + "Account"
	case p.CanComplete():
		return key + "Proved"
	case p.CanReconsider() && part == "hint":
		return key + "Reconsider"
	case p.Name == screenExpired.name && part == "text" && p.values["expires"] != "":
		return key + "Until"
	case p.Name == screenRevoked.name && part == "text" && p.Link != nil && revocations[p.Link.RevocationReason]:
		return key + string(p.Link.RevocationReason)
	}
	return key
}

// endsSignIn reports whether a notice answers somebody who signed in for their own page, and not for an invitation.
func (p *page) endsSignIn() bool {
	return p.afterSignIn() && p.Path == "" && p.Name != screenSignInStale.name
}

// NoticeTitle returns the heading of a notice.
func (p *page) NoticeTitle() (template.HTML, error) { return p.H(p.noticeKey("title")) }

// NoticeText returns the text of a notice.
func (p *page) NoticeText() (template.HTML, error) { return p.H(p.noticeKey("text")) }
