// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package portal

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/signin"
	"github.com/usher-operator/usher/internal/status"
)

var _ Accounts = (*ClusterLinks)(nil)

// Provider implements Accounts.
func (l *ClusterLinks) Provider(ctx context.Context, organization string) (signin.Provider, error) {
	if organization == "" {
		return l.Providers.Platform, nil
	}
	o, err := l.Cache.Organization(ctx, organization)
	if err != nil || o == nil || o.Spec.SignIn == nil {
		return signin.Provider{}, err
	}
	return l.Providers.Of(o), nil
}

// Choices implements Accounts. An organization's own provider vouches for accounts in that organization only.
func (l *ClusterLinks) Choices(ctx context.Context, s Session) ([]AccountChoice, error) {
	var all v1alpha1.OrganizationList
	if err := l.Cache.List(ctx, &all); err != nil {
		return nil, err
	}
	var choices []AccountChoice
	for n := range all.Items {
		o := &all.Items[n]
		u, err := l.accountIn(ctx, s, o)
		if err != nil {
			return nil, err
		}
		if u != nil {
			choices = append(choices, AccountChoice{Organization: o.Namespace, Title: effective.OrganizationTitle(o)})
		}
	}
	slices.SortFunc(choices, func(a, b AccountChoice) int {
		return cmp.Or(strings.Compare(a.Title, b.Title), strings.Compare(a.Organization, b.Organization))
	})
	return choices, nil
}

// accountIn returns the account that a session opens in an organization; nil: none.
func (l *ClusterLinks) accountIn(ctx context.Context, s Session, o *v1alpha1.Organization) (*v1alpha1.OrgUser, error) {
	if o == nil || !o.DeletionTimestamp.IsZero() || !l.Providers.For(o, s.Identity.Email).IsOf(s.Identity) {
		return nil, nil //nolint:nilnil // none is an answer, not an error
	}
	known, err := l.Cache.UsersByEmail(ctx, o.Namespace, s.Identity.Email)
	if err != nil {
		return nil, err
	}
	for _, k := range known {
		u, err := l.API.User(ctx, o.Namespace, k.Name)
		if err != nil {
			return nil, err
		}
		if u != nil && s.opens(u) {
			return u, nil
		}
	}
	return nil, nil //nolint:nilnil // none is an answer, not an error
}

// opens reports whether a session gives access to an account as it is now.
func (s Session) opens(u *v1alpha1.OrgUser) bool {
	return u.DeletionTimestamp.IsZero() && u.Status.State == v1alpha1.UserActive && !effective.IsLimited(u) &&
		s.Identity.Has(string(effective.EmailOf(u))) &&
		(u.Status.SignOutTime == nil || s.Time.Unix() > u.Status.SignOutTime.Unix())
}

// OpenAccount implements Accounts.
func (l *ClusterLinks) OpenAccount(ctx context.Context, s Session, organization string) (*Account, error) {
	u, o, err := l.openAccount(ctx, s, organization)
	if err != nil {
		return nil, err
	}
	outlook, err := l.Cache.Outlook(ctx, u)
	if err != nil {
		return nil, err
	}
	contact, err := l.Cache.ContactFor(ctx, o, "", string(u.Spec.Email))
	if err != nil {
		return nil, err
	}
	link := &Link{
		State: v1alpha1.RecipientActive, Email: string(effective.EmailOf(u)), Namespace: u.Namespace,
		Organization: effective.OrganizationTitle(o), Branding: brandingOf(o), Location: effective.LocationOf(o), Contact: contact,
		Username: u.Status.Username, NameGiven: u.Spec.DisplayName != "", SignInURL: l.SignInURL.Load(),
	}
	entered := cmp.Or(u.Status.OwnDetails, u.Status.Registration) // what was saved a moment ago is not in force yet
	if entered != nil {
		link.Registration = *entered
	}
	link.Registration.DisplayName = v1alpha1.DisplayName(effective.DisplayNameOf(u, entered))
	link.Registration.Phone = cmp.Or(u.Spec.Phone, link.Registration.Phone)
	link.Language = effective.LanguageOf(o, link.Registration.Language)
	link.addOutlook(outlook)
	addOrigins(link, outlook, u.Status.Workspaces)
	account := &Account{Link: link, PhoneGiven: u.Spec.Phone != "", OnlyAdministrator: effective.IsOnlyAdministrator(o, u)}
	if u.Status.LeaveRequestTime != nil {
		account.LeaveRequestTime = u.Status.LeaveRequestTime.Time
	}
	return account, l.addKubeconfigs(link)
}

// addOrigins adds why a person has access to the workspaces that the page lists.
func addOrigins(link *Link, outlook effective.Outlook, grants []v1alpha1.WorkspaceGrantStatus) {
	shown, _ := outlook.Shown()
	for n := range link.Workspaces {
		for _, g := range grants {
			if g.Name == shown[n].Name {
				link.Workspaces[n].Origins = g.Origins
			}
		}
	}
}

// openAccount returns the account of a session, and its organization, or ErrUnknown.
func (l *ClusterLinks) openAccount(ctx context.Context, s Session, organization string) (*v1alpha1.OrgUser, *v1alpha1.Organization, error) {
	o, err := l.Cache.Organization(ctx, organization)
	if err != nil {
		return nil, nil, err
	}
	u, err := l.accountIn(ctx, s, o)
	if err == nil && u == nil {
		err = ErrUnknown
	}
	return u, o, err
}

// SaveDetails implements Accounts. The status says what the person has entered; the reconciler puts it in force.
func (l *ClusterLinks) SaveDetails(ctx context.Context, s Session, organization string, r v1alpha1.Registration) error {
	return l.amendUnlessHeld(ctx, s, organization, func(u *v1alpha1.OrgUser) { u.Status.OwnDetails = &r })
}

// RequestLeave implements Accounts. The status says that the person asks; the organization's contacts are told of it.
func (l *ClusterLinks) RequestLeave(ctx context.Context, s Session, organization string, leaves bool) error {
	now := metav1.NewTime(l.Now().Truncate(time.Second))
	return l.amendUnlessHeld(ctx, s, organization, func(u *v1alpha1.OrgUser) {
		switch {
		case !leaves:
			u.Status.LeaveRequestTime = nil
		case u.Status.LeaveRequestTime == nil:
			u.Status.LeaveRequestTime = &now
		}
	})
}

// amendUnlessHeld changes the status of a session's account unless the organization is paused.
func (l *ClusterLinks) amendUnlessHeld(ctx context.Context, s Session, organization string, change func(*v1alpha1.OrgUser)) error {
	if held, err := l.Cache.Held(ctx, l.API, organization, false); held || err != nil {
		return cmp.Or(err, ErrPaused)
	}
	return l.amendAccount(ctx, s, organization, change)
}

// amendAccount changes the status of a session's account, if the session still opens it when that is written.
func (l *ClusterLinks) amendAccount(ctx context.Context, s Session, organization string, change func(*v1alpha1.OrgUser)) error {
	u, _, err := l.openAccount(ctx, s, organization)
	if err != nil {
		return err
	}
	return status.Amend(ctx, l.API, l.Client, u, func() error {
		if !s.opens(u) {
			return ErrUnknown
		}
		change(u)
		return nil
	})
}

// SignOutEverywhere implements Accounts. Without a store of sessions, each account says from when on they count.
func (l *ClusterLinks) SignOutEverywhere(ctx context.Context, s Session) error {
	choices, err := l.Choices(ctx, s)
	if err != nil {
		return err
	}
	now := metav1.NewTime(l.Now().Truncate(time.Second))
	for _, c := range choices {
		failed := l.amendAccount(ctx, s, c.Organization, func(u *v1alpha1.OrgUser) { u.Status.SignOutTime = &now })
		if !errors.Is(failed, ErrUnknown) {
			err = errors.Join(err, failed)
		}
	}
	return err
}
