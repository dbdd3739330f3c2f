// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package portal

import (
	"context"
	"errors"
	"time"

	kube "sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/linktoken"
	"github.com/usher-operator/usher/internal/lookup"
	"github.com/usher-operator/usher/internal/question"
	"github.com/usher-operator/usher/internal/question/store"
)

// ClusterQuestions is Questions on the cluster: pages are read from the cache, questions are kept at the desk.
type ClusterQuestions struct {
	// Client reads from the cache.
	Client kube.Reader
	// Desk keeps the questions.
	Desk *store.Store
	// Keys sign and verify links.
	Keys *linktoken.KeyRing
	// Now is the clock.
	Now func() time.Time
}

var _ Questions = (*ClusterQuestions)(nil)

// Counter gives a workspace's page, if it has one.
func (q *ClusterQuestions) Counter(ctx context.Context, organization, workspace string) (*Counter, error) {
	counter, _, err := q.counter(ctx, organization, workspace)
	return counter, err
}

func (q *ClusterQuestions) counter(ctx context.Context, organization, workspace string) (*Counter, *v1alpha1.Workspace, error) {
	o, err := lookup.New(q.Client, effective.IntakeDomains{}).Organization(ctx, organization)
	if err != nil {
		return nil, nil, err
	}
	var w v1alpha1.Workspace
	err = q.Client.Get(ctx, kube.ObjectKey{Namespace: organization, Name: workspace}, &w)
	if kube.IgnoreNotFound(err) != nil {
		return nil, nil, err
	}
	if err != nil || o == nil || w.Spec.Portal == nil || !o.DeletionTimestamp.IsZero() || !w.DeletionTimestamp.IsZero() {
		return nil, nil, ErrUnknown
	}
	portal := w.Spec.Portal
	return &Counter{
		Organization: effective.OrganizationTitle(o), Title: string(portal.Title), Introduction: portal.Introduction,
		AccentColor: portal.AccentColor, Language: effective.LanguageOf(o, "", &w), Hours: portal.Hours,
		Location: effective.LocationOf(o), Now: q.Now(), Own: []string{string(portal.QueueEmail), string(portal.IntakeEmail)},
	}, &w, nil
}

// Ask keeps a question.
func (q *ClusterQuestions) Ask(ctx context.Context, organization, workspace string, a Ask) error {
	_, w, err := q.counter(ctx, organization, workspace)
	if err != nil {
		return err
	}
	return q.Desk.Keep(ctx, a.Form, &question.Question{
		Record: question.Record{
			Organization: organization, Workspace: workspace, WorkspaceUID: w.UID, Subject: a.Subject,
			Asker: linktoken.AddressDigest(a.Address), Address: a.Address, Language: a.Language,
			Queue: string(w.Spec.Portal.QueueEmail),
		},
		Name: a.Name, Text: a.Text,
	})
}

// Question tells what the link of a confirmation leads to.
func (q *ClusterQuestions) Question(ctx context.Context, token string) (*Counter, *Asked, error) {
	kept, err := q.find(ctx, token)
	if err != nil {
		return nil, nil, err
	}
	return q.show(ctx, kept)
}

// Confirm confirms the asker's address; a second time it changes nothing.
func (q *ClusterQuestions) Confirm(ctx context.Context, token string) (*Counter, *Asked, error) {
	kept, err := q.find(ctx, token)
	if err != nil {
		return nil, nil, err
	}
	if _, _, err := q.show(ctx, kept); err != nil {
		return nil, nil, err
	}
	kept, err = q.Desk.Amend(ctx, kept.Name, func(asked *question.Question) error {
		asked.Confirm(q.Now())
		return nil
	})
	if err != nil {
		return nil, nil, gonePage(err)
	}
	return q.show(ctx, kept)
}

// find verifies the token before anything is looked up for it.
func (q *ClusterQuestions) find(ctx context.Context, token string) (*store.Kept, error) {
	claims, err := q.Keys.Verify(linktoken.PurposeQuestion, token)
	if err != nil {
		return nil, ErrUnknown
	}
	kept, err := q.Desk.ByUID(ctx, claims.UID)
	if err != nil {
		return nil, gonePage(err)
	}
	if kept.Asker != claims.AddressDigest() {
		return nil, ErrUnknown
	}
	return kept, nil
}

func gonePage(err error) error {
	if errors.Is(err, store.ErrGone) {
		return ErrExpired
	}
	return err
}

// show gives what a page shows. A question whose time is over, or whose workspace has no page any more, is gone.
func (q *ClusterQuestions) show(ctx context.Context, k *store.Kept) (*Counter, *Asked, error) {
	counter, w, err := q.counter(ctx, k.Organization, k.Workspace)
	if errors.Is(err, ErrUnknown) || err == nil && (w.UID != k.WorkspaceUID || k.Ended(q.Now())) {
		return nil, nil, ErrExpired
	}
	if err != nil {
		return nil, nil, err
	}
	counter.Language = k.Language
	asked, err := q.asked(k)
	return counter, asked, err
}

func (q *ClusterQuestions) asked(k *store.Kept) (*Asked, error) {
	token, err := q.Keys.SignDigest(linktoken.PurposeAsker, k.WorkspaceUID, k.Asker, 0)
	return &Asked{
		Reference: k.Reference, Subject: k.Subject, Name: k.Question.Name, Address: k.Address, Text: k.Text,
		State: k.State, At: k.Asked, ConfirmedAt: k.Confirmed, PassedOnAt: k.PassedOn, Asker: token,
	}, err
}

// OfAsker gives the questions of an asker.
func (q *ClusterQuestions) OfAsker(ctx context.Context, token string) (*Counter, []Asked, error) {
	claims, err := q.Keys.Verify(linktoken.PurposeAsker, token)
	if err != nil {
		return nil, nil, ErrUnknown
	}
	kept, err := q.Desk.OfAsker(ctx, claims.AddressDigest(), claims.UID)
	if err != nil {
		return nil, nil, err
	}
	var all []Asked
	var counter *Counter
	for _, k := range kept {
		shown, asked, err := q.show(ctx, k)
		switch {
		case errors.Is(err, ErrExpired):
			continue
		case err != nil:
			return nil, nil, err
		}
		if counter == nil {
			counter = shown
		}
		all = append(all, *asked)
	}
	if counter == nil {
		return nil, nil, ErrExpired
	}
	return counter, all, nil
}
