// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package organization

import (
	"context"
	"slices"
	"time"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
)

// ledgerRetry is how soon to look again when the cache and the API server disagree about who stays.
const ledgerRetry = time.Second

// reconcileAdministrators plans the list of administrators in force. The list is in the organization's status, which is written
// under the resource version that was read, so two leaders cannot each remove the other's last administrator (ORG-4).
//
// An administrator leaves the list only after another one was read from the API server who acts as administrator and whose spec
// requests the role. That other one cannot leave in the meantime: the written list names them, and the OrgUser reconciler, which
// alone removes the finalizer and the role, reads that list from the API server after the request has ended. One of the two reads
// sees what the other has written.
//
// If nobody else is left, but an administrator who is being deleted is declared under another name as well, that one joins the list
// before they act, which they do once they are on it. From then on they are like any other: the former one leaves after they act.
func (r *Reconciler) reconcileAdministrators(ctx context.Context, s *scope) (time.Duration, error) {
	candidates, err := r.candidates(ctx, s)
	if err != nil {
		return 0, err
	}
	current := s.organization.Status.Administrators
	next := effective.NextLedger(current, candidates)
	var retry time.Duration
	if len(next.Leaving) > 0 {
		stays, err := r.somebodyStays(ctx, s.organization.Namespace, next)
		if err != nil {
			return 0, err
		}
		if !stays {
			next.Administrators = union(current, next.Administrators)
			retry = ledgerRetry
		}
	}
	confirmed, err := r.confirmNewcomers(ctx, s.organization, next.Administrators)
	if err != nil {
		return 0, err
	}
	successors, err := r.successors(ctx, s.organization.Namespace, next)
	if err != nil {
		return 0, err
	}
	s.organization.Status.Administrators, s.held = union(confirmed, successors), next.Held
	if len(successors) > 0 {
		s.held = "" // the reason to hold somebody is about to pass
	}
	return retry, nil
}

// candidates returns those who request the role, and those on the list, of whom the API server may know some alone. Few of all people are.
func (r *Reconciler) candidates(ctx context.Context, s *scope) ([]effective.Candidate, error) {
	listed, known := map[string]bool{}, map[string]bool{}
	for _, name := range s.organization.Status.Administrators {
		listed[name] = true
	}
	var candidates []effective.Candidate
	for _, u := range s.users {
		if c := effective.CandidateOf(u); c.Requested || listed[u.Name] {
			candidates = append(candidates, c)
			known[u.Name] = true
		}
	}
	for _, name := range s.organization.Status.Administrators {
		if known[name] {
			continue
		}
		user, err := r.api.User(ctx, s.organization.Namespace, name)
		if err != nil {
			return nil, err
		}
		if user != nil {
			candidates = append(candidates, effective.CandidateOf(user))
		}
	}
	return candidates, nil
}

// somebodyStays reports whether, by the API server, somebody acts as administrator who stays on the next list.
func (r *Reconciler) somebodyStays(ctx context.Context, namespace string, next effective.Ledger) (bool, error) {
	if next.Held != "" {
		user, err := r.api.User(ctx, namespace, next.Held)
		return acts(user), err
	}
	for _, name := range next.Staying {
		user, err := r.api.User(ctx, namespace, name)
		if err != nil {
			return false, err
		}
		if acts(user) && effective.CandidateOf(user).Requested {
			return true, nil
		}
	}
	return false, nil
}

// acts reports whether an administrator's role is in force already. Somebody who has just been added to the list may still be
// without it.
func acts(u *v1alpha1.OrgUser) bool {
	return u != nil && u.Status.State == v1alpha1.UserActive && u.Status.Role == v1alpha1.RoleOrganizationAdmin
}

// confirmNewcomers returns the names without the newcomers whom only the cache still shows: by the API server they are gone, or no
// longer request the role.
func (r *Reconciler) confirmNewcomers(ctx context.Context, o *v1alpha1.Organization, names []string) ([]string, error) {
	listed := make(map[string]bool, len(o.Status.Administrators))
	for _, name := range o.Status.Administrators {
		listed[name] = true
	}
	confirmed := make([]string, 0, len(names))
	for _, name := range names {
		if !listed[name] {
			user, err := r.api.User(ctx, o.Namespace, name)
			if err != nil {
				return nil, err
			}
			if user == nil || !effective.CandidateOf(user).Requested || !effective.CandidateOf(user).Accepted {
				continue
			}
		}
		confirmed = append(confirmed, name)
	}
	return confirmed, nil
}

// union returns the names of both lists, each once and in order.
func union(a, b []string) []string {
	all := slices.Concat(a, b)
	slices.Sort(all)
	return slices.Compact(all)
}
