// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"time"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/internal/question"
)

// claim is a question that this process has written, or is writing, and that the cache may not show yet. Without claims, many forms
// sent at once would pass a limit together.
type claim struct {
	asker, organization, workspace string
	at                             time.Time
}

// claimLife is far longer than the cache lags behind the API server.
const claimLife = time.Minute

// claim counts the existing questions and, if the limits allow for one more, claims it.
func (s *Store) claim(ctx context.Context, name string, q *question.Question) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.shown(ctx, name) {
		return nil // the form was sent again
	}
	// A question that the cache shows by now is counted there.
	for other, c := range s.claims {
		if other == name || s.Now().Sub(c.at) > claimLife || s.shown(ctx, other) {
			delete(s.claims, other)
		}
	}
	counts, err := s.count(ctx, q)
	if err != nil {
		return err
	}
	if limit := counts.Reached(); limit != "" {
		return &LimitError{Limit: limit}
	}
	if s.claims == nil {
		s.claims = map[string]claim{}
	}
	s.claims[name] = claim{asker: q.Asker, organization: q.Organization, workspace: q.Workspace, at: s.Now()}
	return nil
}

func (s *Store) unclaim(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.claims, name)
}

// shown reports whether the cache shows a question.
func (s *Store) shown(ctx context.Context, name string) bool {
	return s.Client.Get(ctx, client.ObjectKey{Namespace: s.Namespace, Name: name}, &corev1.Secret{}) == nil
}

// count counts the questions that the cache shows, and the claims that it does not show. The cache may change in the meantime, so each
// number comes from one list.
func (s *Store) count(ctx context.Context, q *question.Question) (question.Counts, error) {
	var counts question.Counts
	mine, err := s.kept(ctx, byAsker(q.Asker))
	if err != nil {
		return counts, err
	}
	seen := map[string]bool{}
	for _, k := range mine {
		seen[k.Name] = true
		if k.Open() {
			counts.AddressOpen++
		}
		if s.Now().Sub(k.Asked) < question.Day {
			counts.AddressToday++
		}
	}
	for name, c := range s.claims {
		if c.asker == q.Asker && !seen[name] {
			counts.AddressOpen++
			counts.AddressToday++
		}
	}
	err = s.countOpen(ctx, q, &counts)
	return counts, err
}

// countOpen counts the open questions to a question's organization and workspace.
func (s *Store) countOpen(ctx context.Context, q *question.Question, counts *question.Counts) error {
	open, err := s.list(ctx, openOfOrganization(q.Organization))
	seen := map[string]bool{}
	add := func(workspace string) {
		counts.OrganizationOpen++
		if workspace == q.Workspace {
			counts.WorkspaceOpen++
		}
	}
	for n := range open {
		seen[open[n].Name] = true
		add(workspaceOf(&open[n]))
	}
	for name, c := range s.claims {
		if c.organization == q.Organization && !seen[name] {
			add(c.workspace)
		}
	}
	return err
}
