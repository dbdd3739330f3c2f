// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package portal

import (
	"context"
	"errors"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/emailaddr"
	"github.com/usher-operator/usher/internal/identity"
	"github.com/usher-operator/usher/internal/linktoken"
	"github.com/usher-operator/usher/internal/status"
)

// requestInterval is how often a link to choose a password is sent to an address at most.
const requestInterval = 5 * time.Minute

// ClusterPasswords implements Passwords on a cluster and an identity provider.
type ClusterPasswords struct {
	*ClusterLinks

	Provider identity.Provider
}

var _ Passwords = (*ClusterPasswords)(nil)

// Describe implements Passwords. An address has one account: who has it in another organization needs no password.
func (p *ClusterPasswords) Describe(ctx context.Context, link *Link) error {
	if link.User == "" {
		return nil
	}
	user, err := p.API.User(ctx, link.Namespace, link.User)
	if err != nil || user == nil || !effective.MaySetPassword(user) || effective.AccountAddressOf(user) != emailaddr.Normalize(link.Email) {
		return err
	}
	a := user.Status.Account
	link.PasswordAwaited = a.State == v1alpha1.AccountPlanned && (a.RequestTime != nil || a.ExpirationTime != nil)
	if a.State != v1alpha1.AccountPlanned && a.State != v1alpha1.AccountSetting {
		return nil
	}
	others, err := p.Cache.UsersByAccount(ctx, a.Email)
	for _, other := range others {
		if other.Status.Account.State == v1alpha1.AccountReady && effective.HoldsAccount(other) {
			return err
		}
	}
	link.NeedsPassword = err == nil
	return err
}

// Along implements Passwords. The intent is written first, so that whoever finds it after a crash can find out what became of it.
func (p *ClusterPasswords) Along(ctx context.Context, link *Link, hash identity.Hash, step func() (*Link, error)) (*Link, error) {
	user := &v1alpha1.OrgUser{ObjectMeta: metav1.ObjectMeta{Namespace: link.Namespace, Name: link.User}}
	var was v1alpha1.AccountState
	err := status.Amend(ctx, p.API, p.Client, user, func() error {
		if !effective.MaySetPassword(user) || user.Status.Account.State == v1alpha1.AccountForeign {
			return ErrRevoked
		}
		was = p.begin(user)
		return nil
	})
	if err != nil {
		return nil, revokedIfNotFound(err)
	}
	done, err := step()
	if err != nil || done == nil || done.State != v1alpha1.RecipientActive {
		return done, err
	}
	if err := p.handOver(ctx, user, was, hash); err != nil {
		done.PasswordAwaited = true
	}
	return done, nil
}

// OpenPassword implements Passwords.
func (p *ClusterPasswords) OpenPassword(ctx context.Context, token string) (*Link, error) {
	t, user, err := p.findUser(ctx, linktoken.PurposePassword, token)
	if err != nil {
		return nil, err
	}
	if err := status.Read(ctx, p.API, client.ObjectKeyFromObject(user), user); err != nil {
		return nil, revokedIfNotFound(err)
	}
	return p.passwordLink(t, user)
}

// SetPassword implements Passwords. The link is used up before the password is handed over: of two forms that are sent at the same time,
// one is.
func (p *ClusterPasswords) SetPassword(ctx context.Context, token string, hash identity.Hash) (*Link, error) {
	t, user, err := p.findUser(ctx, linktoken.PurposePassword, token)
	if err != nil {
		return nil, err
	}
	var link *Link
	var was v1alpha1.AccountState
	err = status.Amend(ctx, p.API, p.Client, user, func() error {
		var err error
		if link, err = p.passwordLink(t, user); err != nil {
			return err
		}
		if link.State != v1alpha1.RecipientRegistered {
			return ErrUsed
		}
		was = p.begin(user)
		user.Status.Account.ExpirationTime = nil
		return nil
	})
	if err != nil {
		return link, revokedIfNotFound(err)
	}
	link.State = v1alpha1.RecipientActive
	return link, p.handOver(ctx, user, was, hash)
}

// Request implements Passwords. It only notes that somebody asks: the controllers queue the mail, and no more than one every few minutes.
func (p *ClusterPasswords) Request(ctx context.Context, email string) error {
	users, err := p.Cache.UsersByAccount(ctx, emailaddr.Normalize(email))
	if err != nil {
		return err
	}
	for _, cached := range users {
		if cached.Status.State != v1alpha1.UserActive || !effective.MaySetPassword(cached) {
			continue
		}
		user := cached.DeepCopy()
		return client.IgnoreNotFound(status.Amend(ctx, p.API, p.Client, user, func() error {
			if a := user.Status.Account; effective.MaySetPassword(user) && a.RequestTime == nil && !p.justSent(a) {
				a.RequestTime = new(metav1.NewTime(p.Now()))
			}
			return nil
		}))
	}
	return nil
}

// justSent reports whether a link was sent a moment ago. It can be used for an hour, less the moment.
func (p *ClusterPasswords) justSent(a *v1alpha1.AccountStatus) bool {
	return a.ExpirationTime != nil && a.ExpirationTime.Sub(p.Now()) > identity.LinkValidity-requestInterval
}

// passwordLink returns what the page shows: Registered while the link can be used, and Active once it was.
func (p *ClusterPasswords) passwordLink(t *linkTarget, user *v1alpha1.OrgUser) (*Link, error) {
	link := &Link{
		State: v1alpha1.RecipientActive, Email: string(effective.EmailOf(user)), Namespace: user.Namespace, User: user.Name,
		Organization: effective.OrganizationTitle(t.organization), Branding: brandingOf(t.organization),
		Language:     t.language(&v1alpha1.OnboardingStatus{Registration: user.Status.Registration}),
		Location:     effective.LocationOf(t.organization),
		Registration: v1alpha1.Registration{DisplayName: v1alpha1.DisplayName(user.Status.DisplayName)},
	}
	a := user.Status.Account
	switch {
	case user.Status.State != v1alpha1.UserActive || !effective.MaySetPassword(user) || !t.claims.IsFor(a.Email) ||
		a.SendCount != t.claims.SendCount:
		return link, ErrRevoked
	case a.ExpirationTime == nil && a.State == v1alpha1.AccountReady:
		return link, nil
	case a.ExpirationTime == nil:
		return link, ErrUsed
	case !p.Now().Before(a.ExpirationTime.Time):
		return link, ErrExpired
	}
	link.State, link.ExpirationTime = v1alpha1.RecipientRegistered, a.ExpirationTime.Time
	return link, nil
}

// begin notes that a password is being handed over, and returns the state before. If it takes the place of another one, the controllers see
// to it that nobody goes on who knew that one.
func (p *ClusterPasswords) begin(user *v1alpha1.OrgUser) v1alpha1.AccountState {
	a := user.Status.Account
	was := a.State
	a.State, a.Since = v1alpha1.AccountSetting, metav1.NewTime(p.Now().Truncate(time.Second))
	if was == v1alpha1.AccountReady {
		a.ChangeTime = new(a.Since)
	}
	return was
}

// handOver hands the hash to the provider, and notes the result. It goes on if the client leaves.
func (p *ClusterPasswords) handOver(ctx context.Context, user *v1alpha1.OrgUser, was v1alpha1.AccountState, hash identity.Hash) error {
	ctx = context.WithoutCancel(ctx)
	a := user.Status.Account.DeepCopy()
	err := identity.Set(ctx, p.Provider, identity.Account{Address: a.Email, ID: a.ID, Name: user.Status.DisplayName},
		was == v1alpha1.AccountReady, hash)
	written := status.Amend(ctx, p.API, p.Client, user, func() error {
		now := user.Status.Account
		if now == nil || now.ID != a.ID || now.State != v1alpha1.AccountSetting {
			return nil // the controllers have decided otherwise meanwhile, and see to it
		}
		p.end(now, was, err)
		return nil
	})
	if err = errors.Join(err, written); err != nil {
		return errors.Join(ErrLater, err)
	}
	return nil
}

// end notes what became of a password. Whoever could not set theirs gets another link.
func (p *ClusterPasswords) end(a *v1alpha1.AccountStatus, was v1alpha1.AccountState, err error) {
	moment := metav1.NewTime(p.Now().Truncate(time.Second))
	a.Since = moment
	switch {
	case err == nil:
		a.State, a.RequestTime = v1alpha1.AccountReady, nil
	case errors.Is(err, identity.ErrExists):
		a.State = v1alpha1.AccountForeign
	default:
		if a.State = v1alpha1.AccountPlanned; was == v1alpha1.AccountReady {
			a.State = was
		}
		a.RequestTime = &moment
	}
}
