// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package intake

import (
	"context"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/invitation"
	"github.com/usher-operator/usher/internal/lookup"
	"github.com/usher-operator/usher/internal/policy"
)

// +kubebuilder:rbac:groups=accounts.usher.dev,resources=organizations;workspaces,verbs=get;list;watch
// +kubebuilder:rbac:groups=accounts.usher.dev,resources=orgusers,verbs=get;list;watch;create

// createTimeout bounds the making of an account: the mail server in front waits.
const createTimeout = 20 * time.Second

// Cluster is the Directory of a cluster: it reads the cache, and writes new accounts as the operator.
type Cluster struct {
	Client client.Client
}

// Workspace implements Directory.
func (c Cluster) Workspace(ctx context.Context, address string) (*Destination, error) {
	if !invitation.ValidAddress(address) {
		return nil, nil //nolint:nilnil // nobody is an answer, not an error
	}
	reader := lookup.Reader{Reader: c.Client}
	w, err := reader.WorkspaceByIntake(ctx, address)
	if err != nil || w == nil {
		return nil, err
	}
	organization, err := reader.Organization(ctx, w.Namespace)
	if err != nil {
		return nil, err
	}
	return &Destination{
		Organization: w.Namespace, Workspace: w.Name, Intake: policy.IntakeOf(w), Queue: string(w.Spec.Portal.QueueEmail),
		Waiting: organization == nil || !organization.DeletionTimestamp.IsZero(),
	}, nil
}

// Known implements Directory.
func (c Cluster) Known(ctx context.Context, organization, email string) (bool, error) {
	users, err := lookup.Reader{Reader: c.Client}.UsersByEmail(ctx, organization, email)
	return len(users) > 0, err
}

// Create implements Directory. The object's name follows from the address, so that of two who make it one does. It has no
// display name of its own: the status shows the one derived from the address (LMI-5, LMI-6), whatever the mail claims.
func (c Cluster) Create(ctx context.Context, organization, email string) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, createTimeout)
	defer cancel()
	err := c.Client.Create(ctx, policy.LimitedAccount(organization, email, v1alpha1.OriginIntake), client.FieldOwner("usher"))
	// An address that the API refuses is nobody's account, and what its owner wrote passes on all the same.
	if apierrors.IsAlreadyExists(err) || apierrors.IsInvalid(err) {
		return false, nil
	}
	return err == nil, err
}
