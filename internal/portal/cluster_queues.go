// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package portal

import (
	"cmp"
	"context"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/emailaddr"
	"github.com/usher-operator/usher/internal/linktoken"
	"github.com/usher-operator/usher/internal/lookup"
	"github.com/usher-operator/usher/internal/status"
)

// ClusterQueues implements Queues on a cluster: it finds workspaces in the cache, reads them from the API server, and changes nothing
// but their status.
type ClusterQueues struct {
	// Client writes status.
	Client client.Client
	// Cache finds what a link leads to.
	Cache lookup.Reader
	// API reads past the cache.
	API lookup.APIReader
	// Keys verify links.
	Keys *linktoken.KeyRing
	// Now is the clock.
	Now func() time.Time
}

var _ Queues = (*ClusterQueues)(nil)

// Open returns the request that a link leads to.
func (q *ClusterQueues) Open(ctx context.Context, token string) (*QueueRequest, error) {
	w, claims, err := q.find(ctx, token)
	if err != nil {
		return nil, err
	}
	if err := status.Read(ctx, q.API, client.ObjectKeyFromObject(w), w); err != nil {
		return nil, revokedIfNotFound(err)
	}
	if err := q.checkUsable(w, claims); err != nil {
		return nil, err
	}
	return q.show(ctx, w)
}

// Answer agrees, or declines.
func (q *ClusterQueues) Answer(ctx context.Context, token string, agree bool) (*QueueRequest, error) {
	w, claims, err := q.find(ctx, token)
	if err != nil {
		return nil, err
	}
	err = status.Amend(ctx, q.API, q.Client, w, func() error {
		if err := q.checkUsable(w, claims); err != nil {
			return err
		}
		answer(&w.Status.Queue, agree, q.Now())
		return nil
	})
	if err != nil {
		return nil, revokedIfNotFound(err)
	}
	return q.show(ctx, w)
}

// answer records the owner's answer, unless there is one.
func answer(s *v1alpha1.QueueStatus, agree bool, now time.Time) {
	if s.State != v1alpha1.QueueRequested {
		return
	}
	if s.Mail != nil && s.Mail.State == v1alpha1.MailQueued {
		s.Mail.State = v1alpha1.MailSent // it has arrived, whatever was recorded
	}
	if !agree {
		s.State = v1alpha1.QueueDeclined
		return
	}
	s.State, s.ConfirmationTime = v1alpha1.QueueConfirmed, new(metav1.NewTime(now.UTC().Truncate(time.Second)))
}

// find returns the workspace of a link. It verifies the token before it looks anything up.
func (q *ClusterQueues) find(ctx context.Context, token string) (*v1alpha1.Workspace, linktoken.Claims, error) {
	claims, err := q.Keys.Verify(linktoken.PurposeQueue, token)
	if err != nil {
		return nil, claims, refusalOf(err)
	}
	w, err := q.Cache.WorkspaceByUID(ctx, claims.UID)
	switch {
	case err != nil:
		return nil, claims, err
	case w == nil:
		return nil, claims, ErrRevoked
	}
	if held, err := q.Cache.Held(ctx, q.API, w.Namespace, false); held || err != nil {
		return nil, claims, cmp.Or(err, ErrPaused)
	}
	return w, claims, nil
}

// checkUsable returns why a link cannot be used; nil: it can, or it was.
func (q *ClusterQueues) checkUsable(w *v1alpha1.Workspace, claims linktoken.Claims) error {
	s := &w.Status.Queue
	switch {
	case !w.DeletionTimestamp.IsZero(), w.Spec.Portal == nil, effective.UIDOf(w) != claims.UID,
		!claims.IsFor(string(w.Spec.Portal.QueueEmail)), !emailaddr.Same(string(s.Email), string(w.Spec.Portal.QueueEmail)):
		return ErrRevoked
	case s.State == v1alpha1.QueueAllowed, s.State == v1alpha1.QueueExisting:
		return nil
	case s.SendCount != claims.SendCount, s.State == v1alpha1.QueueExpired, s.State == v1alpha1.QueueUndeliverable:
		return ErrRevoked
	case s.State == v1alpha1.QueueRequested && s.ExpirationTime != nil && !q.Now().Before(s.ExpirationTime.Time):
		return ErrRevoked
	}
	return nil
}

func (q *ClusterQueues) show(ctx context.Context, w *v1alpha1.Workspace) (*QueueRequest, error) {
	o, err := q.Cache.Organization(ctx, w.Namespace)
	if err != nil {
		return nil, err
	}
	if o == nil || !o.DeletionTimestamp.IsZero() {
		return nil, ErrRevoked
	}
	return &QueueRequest{
		Organization: effective.OrganizationTitle(o), Branding: brandingOf(o), Workspace: effective.WorkspaceTitle(w),
		Address: string(w.Spec.Portal.QueueEmail), Language: effective.LanguageOf(o, "", w), State: w.Status.Queue.State,
	}, nil
}
