// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Package controller moves wishes into force: one reconciler a kind. Each pass reads a snapshot, asks policy what is to
// be, brings it about and writes the status once, if it changed.
package controller

import (
	"context"
	"math"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/client-go/tools/events"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/linktoken"
	"github.com/usher-operator/usher/internal/lookup"
	"github.com/usher-operator/usher/internal/mail"
	"github.com/usher-operator/usher/internal/question/store"
)

// FieldOwner is the name under which Usher applies the objects that it makes.
const FieldOwner = client.FieldOwner("usher")

// Mailer hands a mail to the mail server. Errors are as those of mail.Sender.
type Mailer interface {
	Send(ctx context.Context, message mail.Message) error
}

// Dependencies are what all reconcilers work with.
type Dependencies struct {
	// Client reads from the cache and writes to the API server.
	Client client.Client
	// Live reads from the API server, for the few decisions that must not rest on a cache.
	Live client.Reader
	// Recorder takes events.
	Recorder events.EventRecorder
	// Mailer sends.
	Mailer Mailer
	// MailTemplates are what mails are written with; nil: those that ship.
	MailTemplates *mail.InForce
	// MailConnections is how many mails Mailer sends at the same time.
	MailConnections int
	// MailRate is how many mails a minute go out at most; zero: there is no limit.
	MailRate int
	// Gateway reaches phones; nil: nothing does.
	Gateway Gateway
	// Keys sign links.
	Keys *linktoken.KeyRing
	// PortalURL is where people reach the portal, without a slash at the end.
	PortalURL string
	// MailDomain is the right side of Message-IDs.
	MailDomain string
	// Desk keeps customers' questions; nil: none are passed on.
	Desk *store.Store
	// Namespace is the operator's own.
	Namespace string
	// NamespaceLabels are the labels that Workspaces may have copied to their namespaces.
	NamespaceLabels effective.NamespaceLabels
	// IntakeDomains say which organization may take mails in at which addresses.
	IntakeDomains effective.IntakeDomains
	// SettleDelay is how long objects that are declared together have to arrive: an organization's users before its
	// primary administrator is invited, an Invitation's inviter and workspaces before its mail goes out.
	SettleDelay time.Duration
	// Now is the clock.
	Now func() time.Time
}

func (d Dependencies) lookup() lookup.Reader {
	return lookup.Reader{Reader: d.Client, IntakeDomains: d.IntakeDomains}
}

// concurrently lets several objects of a kind be brought into force at the same time, as a pass mostly waits for the API
// server. What objects have in common is changed under the Organization's resourceVersion, as by two leaders.
var concurrently = controller.Options{MaxConcurrentReconciles: 8}

// Setup adds all reconcilers to the manager.
func Setup(mgr ctrl.Manager, d Dependencies) error {
	for _, add := range []func(ctrl.Manager, Dependencies) error{
		setupOrganization, setupOrgUser, setupInvitation, setupWorkspace, setupMail,
	} {
		if err := add(mgr, d); err != nil {
			return err
		}
	}
	return nil
}

// ensureFinalizer keeps the object until what it granted is taken back. It writes metadata, and only Usher's own part.
func (d Dependencies) ensureFinalizer(ctx context.Context, o client.Object) error {
	before := o.DeepCopyObject().(client.Object) //nolint:forcetypeassert // a deep copy has its original's type
	if !controllerutil.AddFinalizer(o, v1alpha1.Finalizer) {
		return nil
	}
	return d.patchMetadata(ctx, o, before)
}

func (d Dependencies) removeFinalizer(ctx context.Context, o client.Object) error {
	before := o.DeepCopyObject().(client.Object) //nolint:forcetypeassert // a deep copy has its original's type
	if !controllerutil.RemoveFinalizer(o, v1alpha1.Finalizer) {
		return nil
	}
	return client.IgnoreNotFound(d.patchMetadata(ctx, o, before))
}

func (d Dependencies) patchMetadata(ctx context.Context, o, before client.Object) error {
	return d.Client.Patch(ctx, o, client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{}), FieldOwner)
}

// createAccount makes a Limited account, unless its organization is gone or going: an organization that goes takes its users
// along and does not wait for further ones, so it is read past the cache. False: it was not made.
func (d Dependencies) createAccount(ctx context.Context, account *v1alpha1.OrgUser) (bool, error) {
	var o v1alpha1.Organization
	if err := d.Live.Get(ctx, organizationKey(account), &o); err != nil || !o.DeletionTimestamp.IsZero() {
		return false, client.IgnoreNotFound(err)
	}
	err := d.Client.Create(ctx, account, FieldOwner)
	return err == nil, err
}

// settled ends a pass. A conflict is no error: the pass was made on an old copy, and the newer one is on its way. Nor is
// it one that nothing can be made in a namespace that is going.
func settled(result ctrl.Result, err error) (ctrl.Result, error) {
	if apierrors.IsConflict(err) || apierrors.HasStatusCause(err, corev1.NamespaceTerminatingCause) {
		return ctrl.Result{}, nil
	}
	if err != nil {
		return ctrl.Result{}, err
	}
	return result, nil
}

// sooner gives the shorter of two waits, of which zero means none.
func sooner(a, b time.Duration) time.Duration {
	if a == 0 || (b != 0 && b < a) {
		return b
	}
	return a
}

// number is a count as a status holds it.
func number(n int) *int32 {
	count := int32(min(n, math.MaxInt32)) //nolint:gosec // bounded here
	return &count
}
