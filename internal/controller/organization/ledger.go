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

// settleLedger plans the list of administrators in force. It is the organization's status, written under its resource
// version, so two leaders cannot each let the other's last administrator go (ORG-4).
//
// An administrator leaves the list only after another one was read from the API server who acts as administrator and wishes
// to stay. The other one cannot go in the meantime: the written list names them, and the OrgUser reconciler, which alone
// removes the finalizer and the role, reads that list from the API server after the wish has ended. One of the two reads
// sees what the other has written.
func (r *Reconciler) settleLedger(ctx context.Context, o *v1alpha1.Organization, users []*v1alpha1.OrgUser,
) (held string, retry time.Duration, err error) {
	candidates, err := r.candidates(ctx, o, users)
	if err != nil {
		return "", 0, err
	}
	current := o.Status.Administrators
	next := effective.NextLedger(current, candidates)
	if len(next.Leaving) > 0 {
		sure, err := r.somebodyStays(ctx, o.Namespace, next)
		if err != nil {
			return "", 0, err
		}
		if !sure {
			next.Administrators = union(current, next.Administrators)
			retry = ledgerRetry
		}
	}
	o.Status.Administrators, err = r.certain(ctx, o, next.Administrators)
	return next.Held, retry, err
}

// certain drops newcomers whom the cache still shows but who are gone, or no longer wish the role, by the API server.
func (r *Reconciler) certain(ctx context.Context, o *v1alpha1.Organization, names []string) ([]string, error) {
	list := make([]string, 0, len(names))
	for _, name := range names {
		if !slices.Contains(o.Status.Administrators, name) {
			user, err := r.api.User(ctx, o.Namespace, name)
			if err != nil {
				return nil, err
			}
			if user == nil || !effective.CandidateOf(user).Wished || !effective.CandidateOf(user).Accepted {
				continue
			}
		}
		list = append(list, name)
	}
	return list, nil
}

// candidates are the users that the cache knows, and those on the list that only the API server knows.
func (r *Reconciler) candidates(ctx context.Context, o *v1alpha1.Organization, users []*v1alpha1.OrgUser,
) ([]effective.Candidate, error) {
	candidates := make([]effective.Candidate, 0, len(users))
	known := make(map[string]bool, len(users))
	for _, u := range users {
		candidates = append(candidates, effective.CandidateOf(u))
		known[u.Name] = true
	}
	for _, name := range o.Status.Administrators {
		if known[name] {
			continue
		}
		user, err := r.api.User(ctx, o.Namespace, name)
		if err != nil {
			return nil, err
		}
		if user != nil {
			candidates = append(candidates, effective.CandidateOf(user))
		}
	}
	return candidates, nil
}

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
		if acts(user) && effective.CandidateOf(user).Wished {
			return true, nil
		}
	}
	return false, nil
}

// acts tells whether somebody's role is in force already: who has only just come onto the list may still be without it.
func acts(u *v1alpha1.OrgUser) bool {
	return u != nil && u.Status.State == v1alpha1.UserActive && u.Status.Role == v1alpha1.RoleOrganizationAdmin
}

func union(a, b []string) []string {
	all := slices.Concat(a, b)
	slices.Sort(all)
	return slices.Compact(all)
}
