// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package orguser

import (
	"context"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/delivery"
	"github.com/usher-operator/usher/internal/delivery/attempt"
	"github.com/usher-operator/usher/internal/delivery/onboardingmail"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/onboarding"
	"github.com/usher-operator/usher/internal/status"
)

// outbox holds the mail of a person who is declared without an Invitation.
type outbox struct {
	*Mail

	user *v1alpha1.OrgUser
	// Filled by Load.
	organization *v1alpha1.Organization
	workspaces   []*v1alpha1.Workspace
}

// Pending returns no message until the newest spec is observed.
func (b *outbox) Pending() []delivery.Message {
	u := b.user
	if !hostsOnboarding(u) || u.Status.Onboarding == nil || u.Status.ObservedGeneration != u.Generation {
		return nil
	}
	m, queued := onboardingmail.Pending(string(u.Spec.Email), u.Status.Onboarding, b.now())
	if !queued {
		return nil
	}
	return []delivery.Message{m}
}

// Load implements delivery.Outbox. Nobody is invited to an address that another account has in force.
func (b *outbox) Load(ctx context.Context) (bool, error) {
	u := b.user
	if err := status.Read(ctx, b.api, client.ObjectKeyFromObject(u), u); err != nil {
		return false, err
	}
	facts, err := b.cache.UserFacts(ctx, u)
	if err != nil {
		return false, err
	}
	b.organization = facts.Organization
	b.workspaces, err = b.cache.WorkspacesForGrants(ctx, u.Namespace, u.Spec.Workspaces)
	return b.organization != nil && facts.AddressOwner == "", err
}

// Render implements delivery.Outbox.
func (b *outbox) Render(_ context.Context, email string) delivery.Send {
	u := b.user
	d := onboardingmail.NewDraft(b.organization, effective.UIDOf(u), email, u.Status.Onboarding)
	d.Content.Language = effective.LanguageOf(b.organization, v1alpha1.LanguageTag(d.Content.Language), b.workspaces...)
	d.SetRole(u.Spec.Role, b.cache.Usernames().Of(u))
	d.Content.Recipient = effective.DisplayNameOf(u, u.Status.Onboarding.Registration)
	d.Content.Workspaces = onboardingmail.Titles(u.Spec.Workspaces, b.workspaces)
	return b.writer.Send(d)
}

// Record implements delivery.Outbox. It goes on whatever the portal writes at the same time.
func (b *outbox) Record(ctx context.Context, results map[string]attempt.Result) error {
	u := b.user
	return status.Amend(ctx, b.api, b.client, u, func() error {
		if result, tried := results[string(u.Spec.Email)]; tried && u.Status.Onboarding != nil {
			onboarding.Record(u.Status.Onboarding, result, b.now())
		}
		return nil
	})
}
