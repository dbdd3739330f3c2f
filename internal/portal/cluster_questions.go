// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package portal

import (
	"cmp"
	"context"
	"errors"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/linktoken"
	"github.com/usher-operator/usher/internal/lookup"
	"github.com/usher-operator/usher/internal/question"
	"github.com/usher-operator/usher/internal/question/store"
)

// ClusterQuestions implements Questions on a cluster: it reads pages from the cache and keeps questions in the store.
type ClusterQuestions struct {
	// Cache finds workspaces.
	Cache lookup.Reader
	// API reads past the cache.
	API lookup.APIReader
	// Store keeps the questions.
	Store *store.Store
	// Keys sign and verify links.
	Keys *linktoken.KeyRing
	// Now is the clock.
	Now func() time.Time
}

var _ Questions = (*ClusterQuestions)(nil)

// ContactPage returns a workspace's page, or ErrUnknown if it has none.
func (q *ClusterQuestions) ContactPage(ctx context.Context, organization, workspace string) (*ContactPage, error) {
	contactPage, _, err := q.contactPage(ctx, organization, workspace)
	return contactPage, err
}

func (q *ClusterQuestions) contactPage(ctx context.Context, organization, workspace string) (*ContactPage, *v1alpha1.Workspace, error) {
	if held, err := q.Cache.Held(ctx, q.API, organization, false); held || err != nil {
		return nil, nil, cmp.Or(err, ErrPaused)
	}
	o, err := q.Cache.Organization(ctx, organization)
	if err != nil {
		return nil, nil, err
	}
	var w v1alpha1.Workspace
	err = q.Cache.Get(ctx, client.ObjectKey{Namespace: organization, Name: workspace}, &w)
	if client.IgnoreNotFound(err) != nil {
		return nil, nil, err
	}
	if err != nil || o == nil || w.Spec.Portal == nil || !o.DeletionTimestamp.IsZero() || !w.DeletionTimestamp.IsZero() {
		return nil, nil, ErrUnknown
	}
	portal := w.Spec.Portal
	return &ContactPage{
		Organization: effective.OrganizationTitle(o), Title: string(portal.Title), Introduction: portal.Introduction,
		Branding: Branding{Logo: effective.LogoOf(o), AccentColor: effective.AccentColorOf(o, &w)},
		Path:     contactPageURL(organization, workspace), Language: effective.LanguageOf(o, "", &w), Hours: portal.Hours,
		Location: effective.LocationOf(o), Now: q.Now(), Closed: effective.QueueInForce(&w) == "",
		OwnAddresses: []string{string(portal.QueueEmail), string(portal.IntakeEmail)},
	}, &w, nil
}

// Ask stores a question.
func (q *ClusterQuestions) Ask(ctx context.Context, organization, workspace string, s Submission) error {
	_, w, err := q.contactPage(ctx, organization, workspace)
	if err != nil {
		return err
	}
	queue := effective.QueueInForce(w)
	if queue == "" {
		return ErrClosed
	}
	return q.Store.Keep(ctx, s.Form, &question.Question{
		Record: question.Record{
			Organization: organization, Workspace: workspace, WorkspaceUID: effective.UIDOf(w), Subject: s.Subject,
			Asker: linktoken.AddressDigest(s.Address), Address: s.Address, Language: s.Language, Network: s.Network,
			Queue: queue,
		},
		Name: s.Name, Text: s.Text,
	})
}

// Question returns the question that a confirmation link leads to.
func (q *ClusterQuestions) Question(ctx context.Context, token string) (*ContactPage, *Question, error) {
	kept, err := q.find(ctx, token)
	if err != nil {
		return nil, nil, err
	}
	return q.show(ctx, kept)
}

// Confirm confirms the asker's address. Doing so again changes nothing.
func (q *ClusterQuestions) Confirm(ctx context.Context, token string) (*ContactPage, *Question, error) {
	kept, err := q.find(ctx, token)
	if err != nil {
		return nil, nil, err
	}
	if _, _, err := q.show(ctx, kept); err != nil {
		return nil, nil, err
	}
	kept, err = q.Store.Amend(ctx, kept.Name, func(asked *question.Question) error {
		asked.Confirm(q.Now())
		return nil
	})
	if err != nil {
		return nil, nil, expiredIfGone(err)
	}
	return q.show(ctx, kept)
}

// find returns the question of a link. It verifies the token before it looks anything up.
func (q *ClusterQuestions) find(ctx context.Context, token string) (*store.Kept, error) {
	claims, err := q.Keys.Verify(linktoken.PurposeQuestion, token)
	if err != nil {
		return nil, refusalOf(err)
	}
	kept, err := q.Store.ByUID(ctx, claims.UID)
	if err != nil {
		return nil, expiredIfGone(err)
	}
	if kept.Asker != claims.AddressDigest() {
		return nil, ErrUnknown
	}
	return kept, nil
}

func expiredIfGone(err error) error {
	if errors.Is(err, store.ErrGone) {
		return ErrExpired
	}
	return err
}

// show returns what a page shows, or ErrExpired if the question has expired or its workspace no longer has a page.
func (q *ClusterQuestions) show(ctx context.Context, k *store.Kept) (*ContactPage, *Question, error) {
	contactPage, w, err := q.contactPage(ctx, k.Organization, k.Workspace)
	if errors.Is(err, ErrUnknown) || err == nil && (effective.UIDOf(w) != k.WorkspaceUID || k.Ended(q.Now())) {
		return nil, nil, ErrExpired
	}
	if err != nil {
		return nil, nil, err
	}
	contactPage.Language = k.Language
	shown, err := q.question(k)
	return contactPage, shown, err
}

// question returns a question as its asker sees it.
func (q *ClusterQuestions) question(k *store.Kept) (*Question, error) {
	token, err := q.Keys.SignDigest(linktoken.PurposeAsker, k.WorkspaceUID, k.Asker, 0)
	return &Question{
		Reference: k.Reference, Subject: k.Subject, Name: k.Question.Name, Address: k.Address, Text: k.Text,
		State: k.State, At: k.Asked, ConfirmedAt: k.Confirmed, PassedOnAt: k.PassedOn, Asker: token,
	}, err
}

// ByAsker returns the questions of an asker.
func (q *ClusterQuestions) ByAsker(ctx context.Context, token string) (*ContactPage, []Question, error) {
	claims, err := q.Keys.Verify(linktoken.PurposeAsker, token)
	if err != nil {
		return nil, nil, refusalOf(err)
	}
	kept, err := q.Store.OfAsker(ctx, claims.AddressDigest(), claims.UID)
	if err != nil {
		return nil, nil, err
	}
	var all []Question
	var contactPage *ContactPage
	for _, k := range kept {
		page, asked, err := q.show(ctx, k)
		switch {
		case errors.Is(err, ErrExpired):
			continue
		case err != nil:
			return nil, nil, err
		}
		if contactPage == nil {
			contactPage = page
		}
		all = append(all, *asked)
	}
	if contactPage == nil {
		return nil, nil, ErrExpired
	}
	return contactPage, all, nil
}
