// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package portal

import (
	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/linktoken"
	"github.com/usher-operator/usher/internal/status"
)

// host is an object that holds people's onboarding state: an Invitation or an OrgUser.
type host interface {
	status.Object
	effective.Identified
}

// linkTarget is what a link leads to: the object that holds a person's onboarding state, and what is needed to show and change
// that state.
type linkTarget struct {
	claims       linktoken.Claims
	host         host
	organization *v1alpha1.Organization
	// workspaces are the workspaces of grants that exist.
	workspaces []*v1alpha1.Workspace
	// account is the OrgUser of a person who has accepted an Invitation; nil: not accepted, or deleted since. An account that somebody
	// has created for the address since then is another one.
	account *v1alpha1.OrgUser
	// authorized is true if the inviter may still grant what the invitation grants.
	authorized bool
}

// onboarding returns the state and the address of the person whom the link was made for, or nil if they are no longer listed.
func (t *linkTarget) onboarding() (*v1alpha1.OnboardingStatus, string) {
	switch host := t.host.(type) {
	case *v1alpha1.Invitation:
		for n := range host.Status.Recipients {
			if recipient := &host.Status.Recipients[n]; t.claims.IsFor(string(recipient.Email)) {
				return &recipient.OnboardingStatus, string(recipient.Email)
			}
		}
	case *v1alpha1.OrgUser:
		if t.claims.IsFor(string(effective.EmailOf(host))) {
			return host.Status.Onboarding, string(effective.EmailOf(host))
		}
	}
	return nil, ""
}

// brand adds how the organization's pages look, to pages that say why a link cannot be used too.
func (t *linkTarget) brand(link *Link, err error) (*Link, error) {
	if link != nil {
		link.Branding = brandingOf(t.organization)
	}
	return link, err
}

// brandingOf returns how an organization's pages look.
func brandingOf(o *v1alpha1.Organization) Branding {
	return Branding{Logo: effective.LogoOf(o), AccentColor: effective.AccentColorOf(o, nil)}
}

// hasLeft reports whether a person who had accepted an Invitation is no longer a user.
func (t *linkTarget) hasLeft(o *v1alpha1.OnboardingStatus) bool {
	_, isInvitation := t.host.(*v1alpha1.Invitation)
	return isInvitation && o.State == v1alpha1.RecipientActive && t.account == nil
}

// grants returns the workspaces that the person is invited to. Once they are a user it returns those of the user, which may have
// changed since (ORG-22).
func (t *linkTarget) grants() []v1alpha1.WorkspaceGrant {
	if t.account != nil {
		return t.account.Spec.Workspaces
	}
	switch host := t.host.(type) {
	case *v1alpha1.Invitation:
		return host.Spec.Workspaces
	case *v1alpha1.OrgUser:
		return host.Spec.Workspaces
	}
	return nil
}

// inviterToAsk returns who invites; empty: nobody is named, or the inviter may no longer grant what the invitation grants and so cannot
// help.
func (t *linkTarget) inviterToAsk() v1alpha1.Username {
	switch host := t.host.(type) {
	case *v1alpha1.Invitation:
		if t.authorized {
			return host.Spec.InvitedBy
		}
	case *v1alpha1.OrgUser:
		return host.Spec.InvitedBy
	}
	return ""
}

// language returns the language of the mail with the link: the one that the person has chosen, or else the one in force.
func (t *linkTarget) language(o *v1alpha1.OnboardingStatus) string {
	if o != nil && o.Registration != nil && o.Registration.Language != "" {
		return string(o.Registration.Language)
	}
	var requested v1alpha1.LanguageTag
	if i, is := t.host.(*v1alpha1.Invitation); is {
		requested = i.Spec.Language
	}
	return effective.LanguageOf(t.organization, requested, t.workspaces...)
}
