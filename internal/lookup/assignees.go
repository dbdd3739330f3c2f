// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package lookup

import (
	"context"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/emailaddr"
)

// assignees are the addresses that a workspace's contacts and devices are assigned to.
func assignees(o client.Object) []string {
	w, ok := o.(*v1alpha1.Workspace)
	if !ok {
		return nil
	}
	var keys []string
	for n := range w.Spec.Contacts {
		if email := string(w.Spec.Contacts[n].Assignee); email != "" {
			keys = append(keys, emailaddr.Normalize(email))
		}
	}
	for n := range w.Spec.Devices {
		if email := string(w.Spec.Devices[n].Assignee); email != "" {
			keys = append(keys, emailaddr.Normalize(email))
		}
	}
	return keys
}

func serials(o client.Object) []string {
	if w, ok := o.(*v1alpha1.Workspace); ok {
		return effective.SerialKeys(w)
	}
	return nil
}

// WorkspacesByAssignee returns the Workspaces with a contact or a device that is assigned to an address.
func (r Reader) WorkspacesByAssignee(ctx context.Context, namespace, email string) ([]*v1alpha1.Workspace, error) {
	return r.workspacesBy(ctx, namespace, workspaceByAssignee, emailaddr.Normalize(email))
}

// WorkspacesBySerial returns the Workspaces with a device that has a serial number. Key is what effective.SerialKey returns.
func (r Reader) WorkspacesBySerial(ctx context.Context, namespace, key string) ([]*v1alpha1.Workspace, error) {
	return r.workspacesBy(ctx, namespace, workspaceBySerial, key)
}

func (r Reader) workspacesBy(ctx context.Context, namespace, index, key string, opts ...client.ListOption,
) ([]*v1alpha1.Workspace, error) {
	var list v1alpha1.WorkspaceList
	err := r.List(ctx, &list, append(opts, client.InNamespace(namespace), client.UnsafeDisableDeepCopy,
		client.MatchingFields{index: key})...)
	return pointers(list.Items), err
}

// SerialHolders maps serial numbers, as effective.SerialKey returns them, to the devices that have them. Only workspaces of the
// organization for which counts returns true are considered.
func (r Reader) SerialHolders(ctx context.Context, namespace string, keys []string, counts func(*v1alpha1.Workspace) bool,
) (map[string]effective.SerialHolder, error) {
	var holders map[string]effective.SerialHolder
	for _, key := range keys {
		named, err := r.WorkspacesBySerial(ctx, namespace, key)
		if err != nil {
			return nil, err
		}
		var counted []*v1alpha1.Workspace
		for _, w := range named {
			if counts(w) {
				counted = append(counted, w)
			}
		}
		holder, taken := effective.HolderOf(key, counted)
		if !taken {
			continue
		}
		if holders == nil {
			holders = map[string]effective.SerialHolder{}
		}
		holders[key] = holder
	}
	return holders, nil
}

// newSerialHolders returns the devices in other workspaces that have a serial number that a change adds to a workspace. Old is
// nil for a new workspace.
func (r Reader) newSerialHolders(ctx context.Context, namespace string, old, requested *v1alpha1.Workspace,
) (map[string]effective.SerialHolder, error) {
	return r.SerialHolders(ctx, namespace, effective.NewSerialKeys(old, requested), func(other *v1alpha1.Workspace) bool {
		return other.Name != requested.Name
	})
}

// Assignees returns the users who have the addresses that contacts are assigned to.
func (r Reader) Assignees(ctx context.Context, namespace string, contacts []v1alpha1.Contact) (effective.UsersByAddress, error) {
	users := effective.UsersByAddress{}
	for _, c := range contacts {
		key := emailaddr.Normalize(string(c.Assignee))
		if _, known := users[key]; known || c.Assignee == "" {
			continue
		}
		found, err := r.UsersByEmail(ctx, namespace, string(c.Assignee))
		if err != nil {
			return nil, err
		}
		users[key] = found
	}
	return users, nil
}
