// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package intake

import (
	"context"
	"errors"
	"slices"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/client-go/tools/events"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/account"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/emailaddr"
	"github.com/usher-operator/usher/internal/limited"
	"github.com/usher-operator/usher/internal/lookup"
)

// +kubebuilder:rbac:groups=accounts.usher.dev,resources=organizations;workspaces,verbs=get;list;watch
// +kubebuilder:rbac:groups=accounts.usher.dev,resources=orgusers,verbs=get;list;watch;create

// reasonMailRefused is the reason of the event on a Workspace that says that the mail server of its queue permanently refused a mail.
const reasonMailRefused = "MailRefused"

// ClusterDirectory implements Directory on a cluster.
type ClusterDirectory struct {
	// Cache finds workspaces and accounts.
	Cache lookup.Reader
	// Accounts creates the accounts of unknown senders.
	Accounts limited.Creator
	// Recorder records events.
	Recorder events.EventRecorder
}

var _ Directory = ClusterDirectory{}

// Workspace implements Directory.
func (d ClusterDirectory) Workspace(ctx context.Context, address string) (*Destination, error) {
	if !emailaddr.Valid(address) {
		return nil, nil //nolint:nilnil // none is an answer, not an error
	}
	w, err := d.Cache.IntakeReceiver(ctx, address)
	if err != nil || w == nil {
		return nil, err
	}
	organization, err := d.Cache.Organization(ctx, w.Namespace)
	if err != nil {
		return nil, err
	}
	paused, err := d.Cache.Paused(ctx, w.Namespace)
	if err != nil {
		return nil, err
	}
	chain, err := d.Cache.IntakeChain(ctx, w)
	if err != nil {
		return nil, err
	}
	return &Destination{
		Organization: w.Namespace, Workspace: w.Name, Intake: effective.IntakeOf(w), Queue: effective.QueueInForce(w),
		NotReady:    isGone(organization) || paused,
		Unconfirmed: effective.QueueInForce(w) == "",
		Circular:    effective.IntakeLoops(w, chain),
	}, nil
}

func isGone(o *v1alpha1.Organization) bool { return o == nil || !o.DeletionTimestamp.IsZero() }

// Known implements Directory. The address of an intake counts as known, because no person writes from it.
func (d ClusterDirectory) Known(ctx context.Context, organization, email string) (bool, error) {
	users, err := d.Cache.UsersByEmail(ctx, organization, email)
	if err != nil || len(users) > 0 {
		return len(users) > 0, err
	}
	w, err := d.Cache.IntakeReceiver(ctx, email)
	return w != nil, err
}

// Proven implements Directory.
func (d ClusterDirectory) Proven(ctx context.Context, organization, email string) (bool, error) {
	users, err := d.Cache.UsersByEmail(ctx, organization, email)
	return slices.ContainsFunc(users, effective.IsProven), err
}

// Create implements Directory.
func (d ClusterDirectory) Create(ctx context.Context, organization, email string) (bool, error) {
	_, created, err := d.Accounts.Create(ctx, organization, email, v1alpha1.OriginIntake)
	var taken *account.NamesTakenError
	// An address that the API refuses, or whose names are all taken, cannot have an account. The mail is passed on all the same.
	if apierrors.IsInvalid(err) || errors.As(err, &taken) {
		return false, nil
	}
	return created, err
}

// ReportRefusal implements Directory. The event says neither what a customer wrote nor who wrote it.
func (d ClusterDirectory) ReportRefusal(ctx context.Context, to *Destination, code int) {
	var w v1alpha1.Workspace
	if err := d.Cache.Get(ctx, client.ObjectKey{Namespace: to.Organization, Name: to.Workspace}, &w); err != nil {
		return // the workspace is gone, and so are those who would read the event
	}
	d.Recorder.Eventf(&w, nil, corev1.EventTypeWarning, reasonMailRefused, "PassOn", "the mail server permanently refused a mail to "+
		"the queue %s (it answered %d), and the mail was returned to its sender: check spec.portal.queueEmail", to.Queue, code)
}
