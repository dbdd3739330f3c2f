// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package intake

import (
	"context"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/client-go/tools/events"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/emailaddr"
	"github.com/usher-operator/usher/internal/limited"
	"github.com/usher-operator/usher/internal/lookup"
)

// +kubebuilder:rbac:groups=accounts.usher.dev,resources=organizations;workspaces,verbs=get;list;watch
// +kubebuilder:rbac:groups=accounts.usher.dev,resources=orgusers,verbs=get;list;watch;create

// reasonMailRefused is that of the event on a Workspace which tells that the mail server of its queue refuses a mail for good.
const reasonMailRefused = "MailRefused"

// createTimeout bounds the making of an account: the mail server in front waits.
const createTimeout = 20 * time.Second

// Cluster is the Directory of a cluster: it reads the cache, and writes new accounts as the operator.
type Cluster struct {
	Client client.Client
	// Accounts creates the accounts of unknown senders.
	Accounts limited.Creator
	// Domains say which organization may take mails in at which addresses.
	Domains effective.IntakeDomains
	// Recorder takes events.
	Recorder events.EventRecorder
}

// Workspace implements Directory.
func (c Cluster) Workspace(ctx context.Context, address string) (*Destination, error) {
	if !emailaddr.Valid(address) {
		return nil, nil //nolint:nilnil // nobody is an answer, not an error
	}
	reader := lookup.New(c.Client, c.Domains)
	w, err := reader.WorkspaceByIntake(ctx, address)
	if err != nil || w == nil {
		return nil, err
	}
	organization, err := reader.Organization(ctx, w.Namespace)
	if err != nil {
		return nil, err
	}
	behind, err := reader.IntakeChain(ctx, w)
	if err != nil {
		return nil, err
	}
	return &Destination{
		Organization: w.Namespace, Workspace: w.Name, Intake: effective.IntakeOf(w), Queue: string(w.Spec.Portal.QueueEmail),
		Waiting:  gone(organization),
		Circular: effective.IntakeLoops(w, behind),
	}, nil
}

func gone(o *v1alpha1.Organization) bool { return o == nil || !o.DeletionTimestamp.IsZero() }

// Known implements Directory. An intake's address is known: no person writes from it.
func (c Cluster) Known(ctx context.Context, organization, email string) (bool, error) {
	reader := lookup.New(c.Client, c.Domains)
	users, err := reader.UsersByEmail(ctx, organization, email)
	if err != nil || len(users) > 0 {
		return len(users) > 0, err
	}
	w, err := reader.WorkspaceByIntake(ctx, email)
	return w != nil, err
}

// Create implements Directory.
func (c Cluster) Create(ctx context.Context, organization, email string) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, createTimeout)
	defer cancel()
	created, err := c.Accounts.Create(ctx, organization, email, v1alpha1.OriginIntake)
	// An address that the API refuses is nobody's account, and what its owner wrote passes on all the same.
	if apierrors.IsAlreadyExists(err) || apierrors.IsInvalid(err) {
		return false, nil
	}
	return created, err
}

// Refused implements Directory. What a customer wrote or who wrote it is not told.
func (c Cluster) Refused(ctx context.Context, to *Destination, code int) {
	var w v1alpha1.Workspace
	if err := c.Client.Get(ctx, client.ObjectKey{Namespace: to.Organization, Name: to.Workspace}, &w); err != nil {
		return // it is gone, and so is who would read it
	}
	c.Recorder.Eventf(&w, nil, corev1.EventTypeWarning, reasonMailRefused, "PassOn", "the mail server refuses a mail to the queue %s "+
		"for good (it answered %d), and its writer was told so: is spec.portal.queueEmail right?", to.Queue, code)
}
