// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/internal/question"
)

// claim is a question that this process has written, or is writing, and that the cache may not show yet. Without claims, many forms
// sent at once would pass a limit together.
type claim struct {
	asker, network, organization, workspace string
	at                                      time.Time
}

// claimLife is far longer than the cache lags behind the API server.
const claimLife = time.Minute

// claim counts the existing questions and, if the limits allow for one more, claims it. It returns the unconfirmed question that the new
// one displaces; nil: there is room.
func (s *Store) claim(ctx context.Context, name string, q *question.Question) (*Kept, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.shown(ctx, name) {
		return nil, nil //nolint:nilnil // the form was sent again
	}
	s.tidy(ctx, name)
	counts, err := s.count(ctx, q)
	if err != nil {
		return nil, err
	}
	if limit := counts.Reached(); limit != "" {
		return nil, &LimitError{Limit: limit}
	}
	displaced, err := s.findDisplaced(ctx, q, counts)
	if err != nil {
		return nil, err
	}
	if s.claims == nil {
		s.claims, s.displaced = map[string]claim{}, map[string]time.Time{}
	}
	if displaced != nil {
		s.displaced[displaced.Name] = s.Now()
	}
	s.claims[name] = claim{asker: q.Asker, network: q.Network, organization: q.Organization, workspace: q.Workspace, at: s.Now()}
	return displaced, nil
}

// tidy drops the claims that no longer matter: a question that the cache shows by now is counted there.
func (s *Store) tidy(ctx context.Context, name string) {
	for other, c := range s.claims {
		if other == name || s.Now().Sub(c.at) > claimLife || s.shown(ctx, other) {
			delete(s.claims, other)
		}
	}
	for other, at := range s.displaced {
		if s.Now().Sub(at) > claimLife {
			delete(s.displaced, other)
		}
	}
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
		s.countAddress(&counts, k, q.Network)
	}
	for name, c := range s.claims {
		if c.asker == q.Asker && !seen[name] {
			counts.AddressWaiting++
			if c.network == q.Network {
				counts.AddressOpen++
				counts.AddressToday++
			}
		}
	}
	if err := s.countProven(ctx, q, &counts); err != nil {
		return counts, err
	}
	err = s.countWaiting(ctx, q, &counts)
	return counts, err
}

// countAddress counts an existing question of the address.
func (s *Store) countAddress(counts *question.Counts, k *Kept, network string) {
	if k.State == question.Waiting {
		counts.AddressWaiting++
		if k.Network != network {
			return
		}
	}
	if k.Open() {
		counts.AddressOpen++
	}
	if s.Now().Sub(k.Asked) < question.Day {
		counts.AddressToday++
	}
}

// countProven counts the confirmed questions to a question's organization and workspace that are not passed on.
func (s *Store) countProven(ctx context.Context, q *question.Question, counts *question.Counts) error {
	proven, err := s.list(ctx, provenOfOrganization(q.Organization))
	for n := range proven {
		counts.OrganizationOpen++
		if workspaceOf(&proven[n]) == q.Workspace {
			counts.WorkspaceOpen++
		}
	}
	return err
}

// countWaiting counts the unconfirmed questions to a question's organization and workspace.
func (s *Store) countWaiting(ctx context.Context, q *question.Question, counts *question.Counts) error {
	waiting, err := s.list(ctx, waitingOfOrganization(q.Organization))
	seen := map[string]bool{}
	add := func(workspace string) {
		counts.OrganizationWaiting++
		if workspace == q.Workspace {
			counts.WorkspaceWaiting++
		}
	}
	for n := range waiting {
		seen[waiting[n].Name] = true
		if _, displaced := s.displaced[waiting[n].Name]; !displaced {
			add(workspaceOf(&waiting[n]))
		}
	}
	for name, c := range s.claims {
		if _, displaced := s.displaced[name]; c.organization == q.Organization && !seen[name] && !displaced {
			add(c.workspace)
		}
	}
	return err
}

// findDisplaced returns the unconfirmed question that a new one displaces; nil: there is room, or the cache shows none yet.
func (s *Store) findDisplaced(ctx context.Context, q *question.Question, counts question.Counts) (*Kept, error) {
	full := counts.WorkspaceWaiting >= question.WaitingPerWorkspace
	if !full && counts.OrganizationWaiting < question.WaitingPerOrganization {
		return nil, nil //nolint:nilnil // nothing is an answer, not an error
	}
	waiting, err := s.kept(ctx, waitingOfOrganization(q.Organization))
	waiting = slices.DeleteFunc(waiting, func(k *Kept) bool {
		_, displaced := s.displaced[k.Name]
		return displaced || full && k.Workspace != q.Workspace
	})
	records := make([]*question.Record, len(waiting))
	for n, k := range waiting {
		records[n] = &k.Record
	}
	n := question.Displaced(records)
	if err != nil || n < 0 {
		return nil, err
	}
	return waiting[n], nil
}
