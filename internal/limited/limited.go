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

	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/lookup"
	"github.com/usher-operator/usher/internal/object"
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

// Create creates the Limited account of an address, unless its organization, read past the cache, is gone. It reports whether the
// account was created; an error for which apierrors.IsAlreadyExists holds means that the account's name is taken. The object's name
// follows from the address, so that two callers who create the account at once create one. It has no display name of its own: the status
// shows the one derived from the address, whatever the person calls themselves (LMI-5, LMI-6).
func (c Creator) Create(ctx context.Context, organization, email, origin string) (bool, error) {
	o, err := c.api.Organization(ctx, organization)
	if err != nil {
		return false, err
	}
	if o == nil || !o.DeletionTimestamp.IsZero() {
		return false, fmt.Errorf("organization %q: %w", organization, ErrOrganizationGone)
	}
	err = c.client.Create(ctx, effective.LimitedAccount(organization, email, origin), object.FieldOwner)
	return err == nil, err
}
