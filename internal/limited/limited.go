// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Package limited creates the Limited accounts that nobody declares: for senders of mail, for people who ask a question in a portal,
// and for assignees of devices (LMI-2 to LMI-4).
package limited

import (
	"context"
	"errors"
	"fmt"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/account"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/lookup"
)

// Creator creates Limited accounts.
type Creator struct {
	client client.Client
	api    lookup.APIReader
}

// NewCreator returns a Creator.
func NewCreator(c client.Client, api lookup.APIReader) Creator { return Creator{client: c, api: api} }

// ErrOrganizationGone is returned for an organization that does not exist or is being deleted. Its users are deleted with it, and the
// deletion does not wait for further ones.
var ErrOrganizationGone = errors.New("the organization is gone or being deleted")

// ErrOrganizationPaused is returned for an organization that is paused. The account can be created when the pause is over.
var ErrOrganizationPaused = errors.New("the organization is paused")

// Create creates the Limited account of an address, unless its organization, read past the cache, is gone or paused. It returns the
// account that the address has, and whether it was created: an account of any kind that exists by then is left as it is (LMI-7). The
// object's name follows from the address, so that two callers who create the account at once create one; see account.Create. It has no
// display name of its own: the status shows the one derived from the address, whatever the person calls themselves (LMI-5, LMI-6).
func (c Creator) Create(ctx context.Context, organization, email, origin string) (*v1alpha1.OrgUser, bool, error) {
	paused, err := c.api.Paused(ctx, organization)
	switch {
	case err != nil:
		return nil, false, err
	case paused:
		return nil, false, fmt.Errorf("organization %q: %w", organization, ErrOrganizationPaused)
	}
	o, err := c.api.Organization(ctx, organization)
	if err != nil {
		return nil, false, err
	}
	if o == nil || !o.DeletionTimestamp.IsZero() {
		return nil, false, fmt.Errorf("organization %q: %w", organization, ErrOrganizationGone)
	}
	return account.Create(ctx, c.client, c.api, effective.LimitedAccount(organization, email, origin), nil)
}
