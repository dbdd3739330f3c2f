// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package portal

import (
	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/linktoken"
	"github.com/usher-operator/usher/internal/status"
)

// place is where a link leads: the object that keeps a person's state, and what is needed to show and move it.
type place struct {
	claims       linktoken.Claims
	host         status.Object
	organization *v1alpha1.Organization
	// workspaces are those that the person is to be in, as far as they exist.
	workspaces []*v1alpha1.Workspace
	// account is the OrgUser of somebody who has accepted an Invitation; nil: not accepted, or gone since.
	account *v1alpha1.OrgUser
	// authorized is true when who invites may still give what the invitation gives.
	authorized bool
}

// onboarding gives the state of the person whom the link was made for; nil: there is none any more.
func (p *place) onboarding() (*v1alpha1.OnboardingStatus, string) {
	switch host := p.host.(type) {
	case *v1alpha1.Invitation:
		for n := range host.Status.Recipients {
			if recipient := &host.Status.Recipients[n]; p.claims.IsFor(string(recipient.Email)) {
				return &recipient.OnboardingStatus, string(recipient.Email)
			}
		}
	case *v1alpha1.OrgUser:
		if p.claims.IsFor(string(host.Spec.Email)) {
			return host.Status.Onboarding, string(host.Spec.Email)
		}
	}
	return nil, ""
}

// left tells whether somebody who had accepted an Invitation is a user no more.
func (p *place) left(o *v1alpha1.OnboardingStatus) bool {
	_, isInvitation := p.host.(*v1alpha1.Invitation)
	return isInvitation && o.State == v1alpha1.RecipientActive && p.account == nil
}

// grants are what the person is to get, or has: who is a user may have been given something else since (ORG-22).
func (p *place) grants() []v1alpha1.WorkspaceGrant {
	if p.account != nil {
		return p.account.Spec.Workspaces
	}
	switch host := p.host.(type) {
	case *v1alpha1.Invitation:
		return host.Spec.Workspaces
	case *v1alpha1.OrgUser:
		return host.Spec.Workspaces
	}
	return nil
}

// workspace describes a workspace, whatever is known of it.
func (p *place) workspace(grant v1alpha1.WorkspaceGrant) Workspace {
	described := Workspace{Title: string(grant.Name), Access: grant.Access}
	for _, w := range p.workspaces {
		if w.Name == string(grant.Name) {
			described.Title, described.Namespace = effective.WorkspaceTitle(w), effective.NamespaceOf(w)
		}
	}
	return described
}

// language is that of the mail with the link: the one that the person has chosen, else the one in force.
func (p *place) language(o *v1alpha1.OnboardingStatus) string {
	if o != nil && o.Registration != nil && o.Registration.Language != "" {
		return string(o.Registration.Language)
	}
	var wished v1alpha1.LanguageTag
	if i, is := p.host.(*v1alpha1.Invitation); is {
		wished = i.Spec.Language
	}
	return effective.LanguageOf(p.organization, wished, p.workspaces...)
}
