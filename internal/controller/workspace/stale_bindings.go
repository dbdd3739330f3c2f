// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package workspace

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/selection"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
)

const (
	// maxStaleBindings is how many RoleBindings the status lists.
	maxStaleBindings = 16
	// maxForeignBindings is how many RoleBindings of a namespace are looked at: everybody with the access Admin there can create any
	// number.
	maxForeignBindings = 1000
	// maxDepartures is how many names are remembered for a workspace. A replica that does not lead remembers them without looking.
	maxDepartures = 100
	// staleBindingsDelay is how long until the listed RoleBindings are looked at again: nobody watches them.
	staleBindingsDelay = 5 * time.Minute
)

// departures remembers, by workspace, the user names of people who were removed and had access to it, until RoleBindings that name them
// have been looked for. The cache holds Usher's RoleBindings only, because whoever can create others could fill it. So they are read from
// the API server, once after a removal. A removal that the operator has seen and not acted on is forgotten when it restarts: the
// condition then lacks a warning, and nothing else.
type departures struct {
	mu    sync.Mutex
	names map[types.NamespacedName]map[string]bool
}

func (d *departures) add(workspace types.NamespacedName, usernames ...string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.names == nil {
		d.names = map[types.NamespacedName]map[string]bool{}
	}
	if d.names[workspace] == nil {
		d.names[workspace] = map[string]bool{}
	}
	for _, name := range usernames {
		if len(d.names[workspace]) < maxDepartures {
			d.names[workspace][name] = true
		}
	}
}

// take returns the names of a workspace, and forgets them.
func (d *departures) take(workspace types.NamespacedName) []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	names := slices.Sorted(maps.Keys(d.names[workspace]))
	delete(d.names, workspace)
	return names
}

// reconcileStaleBindings lists in the status the RoleBindings that Usher did not create and that name somebody who was removed. It reads
// the API server only after a removal, and while some are listed.
func (r *Reconciler) reconcileStaleBindings(ctx context.Context, s *scope) (time.Duration, error) {
	w := s.workspace
	if s.namespace == nil {
		return 0, nil
	}
	removed := r.departures.take(client.ObjectKeyFromObject(w))
	found, err := r.staleBindings(ctx, w, s.namespace.Name, removed)
	if err != nil {
		r.departures.add(client.ObjectKeyFromObject(w), removed...)
		return 0, fmt.Errorf("cannot look for RoleBindings of removed users in namespace %s: %w", s.namespace.Name, err)
	}
	w.Status.StaleBindings = found
	if len(found) > 0 {
		return staleBindingsDelay, nil
	}
	return 0, nil
}

func (r *Reconciler) staleBindings(ctx context.Context, w *v1alpha1.Workspace, namespace string, removed []string,
) ([]v1alpha1.StaleBinding, error) {
	names := map[string]bool{}
	for _, name := range removed {
		names[name] = true
	}
	for _, b := range w.Status.StaleBindings {
		names[b.Username] = true
	}
	for name := range names {
		if known, err := r.cache.HasUsername(ctx, w.Namespace, name); err != nil {
			return nil, err
		} else if known {
			delete(names, name) // somebody has the account again
		}
	}
	if len(names) == 0 {
		return nil, nil
	}
	foreign, err := r.foreignBindings(ctx, namespace)
	if err != nil {
		return nil, err
	}
	var found []v1alpha1.StaleBinding
	for n := range foreign {
		for _, subject := range foreign[n].Subjects {
			if name := usernameOf(subject); names[name] {
				found = append(found, v1alpha1.StaleBinding{Name: foreign[n].Name, Username: name})
			}
		}
	}
	slices.SortFunc(found, func(a, b v1alpha1.StaleBinding) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Username, b.Username))
	})
	found = slices.Compact(found)
	return found[:min(len(found), maxStaleBindings)], nil
}

// foreignBindings returns the RoleBindings of a namespace that Usher did not create, by the API server.
func (r *Reconciler) foreignBindings(ctx context.Context, namespace string) ([]rbacv1.RoleBinding, error) {
	foreign, err := labels.NewRequirement(v1alpha1.ManagedByLabel, selection.NotEquals, []string{v1alpha1.ManagedByValue})
	if err != nil {
		return nil, err
	}
	var list rbacv1.RoleBindingList
	err = r.api.List(ctx, &list, client.InNamespace(namespace), client.Limit(maxForeignBindings),
		client.MatchingLabelsSelector{Selector: labels.NewSelector().Add(*foreign)})
	return list.Items, err
}

// usernameOf returns the Kubernetes user name that a subject stands for, or "" if it is a group.
func usernameOf(s rbacv1.Subject) string {
	switch s.Kind {
	case rbacv1.UserKind:
		return s.Name
	case rbacv1.ServiceAccountKind:
		return "system:serviceaccount:" + s.Namespace + ":" + s.Name
	default:
		return ""
	}
}
