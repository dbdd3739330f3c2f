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

// claim is a question that this process has written, or is writing, and that the cache may not show yet: without it, many
// forms sent at once would pass a limit together.
type claim struct {
	asker, organization, workspace string
	at                             time.Time
}

// claimLife is far longer than the cache lags behind.
const claimLife = time.Minute

// claim counts what is there and, if a limit allows for one more, takes its place.
func (d *Store) claim(ctx context.Context, name string, q *question.Question) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.shown(ctx, name) {
		return nil // sent again
	}
	// What the cache shows by now, it shows when it is counted as well.
	for other, c := range d.claims {
		if other == name || d.Now().Sub(c.at) > claimLife || d.shown(ctx, other) {
			delete(d.claims, other)
		}
	}
	counts, err := d.count(ctx, q)
	if err != nil {
		return err
	}
	if limit := counts.Reached(); limit != "" {
		return &LimitError{Limit: limit}
	}
	if d.claims == nil {
		d.claims = map[string]claim{}
	}
	d.claims[name] = claim{asker: q.Asker, organization: q.Organization, workspace: q.Workspace, at: d.Now()}
	return nil
}

func (d *Store) unclaim(name string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.claims, name)
}

// shown tells whether the cache shows a question.
func (d *Store) shown(ctx context.Context, name string) bool {
	return d.Client.Get(ctx, client.ObjectKey{Namespace: d.Namespace, Name: name}, &corev1.Secret{}) == nil
}

// count counts the questions that the cache shows, and the claims that it does not. The cache goes on meanwhile, so that what
// is counted together comes from one look at it.
func (d *Store) count(ctx context.Context, q *question.Question) (question.Counts, error) {
	var counts question.Counts
	mine, err := d.kept(ctx, byAsker(q.Asker))
	if err != nil {
		return counts, err
	}
	seen := map[string]bool{}
	for _, k := range mine {
		seen[k.Name] = true
		if k.Open() {
			counts.AddressOpen++
		}
		if d.Now().Sub(k.Asked) < question.Day {
			counts.AddressToday++
		}
	}
	for name, c := range d.claims {
		if c.asker == q.Asker && !seen[name] {
			counts.AddressOpen++
			counts.AddressToday++
		}
	}
	err = d.countPlace(ctx, q, &counts)
	return counts, err
}

func (d *Store) countPlace(ctx context.Context, q *question.Question, counts *question.Counts) error {
	open, err := d.list(ctx, openOfOrganization(q.Organization))
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
	for name, c := range d.claims {
		if c.organization == q.Organization && !seen[name] {
			add(c.workspace)
		}
	}
	return err
}
