// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package lookup

import (
	"cmp"
	"context"
	"slices"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
)

// directoryKeys returns the digests by which a directory finds what it keeps. Whoever reads the index compares the labels, so it does not
// matter of what a digest is.
func directoryKeys(o client.Object) []string {
	if !effective.FromDirectory(o) {
		return nil
	}
	var keys []string
	for _, label := range []string{v1alpha1.LabelDirectoryID, v1alpha1.LabelDirectoryName} {
		if digest := o.GetLabels()[label]; digest != "" && !slices.Contains(keys, digest) {
			keys = append(keys, digest)
		}
	}
	return keys
}

// DirectoryUsers returns the OrgUsers with the labels of an identifier or a name that a directory has sent.
func (r Reader) DirectoryUsers(ctx context.Context, namespace string, labels map[string]string) ([]*v1alpha1.OrgUser, error) {
	return r.users(ctx, namespace, directoryOptions(labels)...)
}

// DirectoryGroups returns the OrgGroups with the labels of an identifier or a name that a directory has sent.
func (r Reader) DirectoryGroups(ctx context.Context, namespace string, labels map[string]string) ([]*v1alpha1.OrgGroup, error) {
	return r.groups(ctx, namespace, directoryOptions(labels)...)
}

// SharedUser returns an OrgUser by its name, or nil if there is none. The object is shared with the cache.
func (r Reader) SharedUser(ctx context.Context, namespace, name string) (*v1alpha1.OrgUser, error) {
	return get(ctx, r.objects, namespace, name, &v1alpha1.OrgUser{}, client.UnsafeDisableDeepCopy)
}

func directoryOptions(labels map[string]string) []client.ListOption {
	digest := cmp.Or(labels[v1alpha1.LabelDirectoryID], labels[v1alpha1.LabelDirectoryName])
	return []client.ListOption{client.MatchingFields{objectByDirectory: digest}, client.MatchingLabels(labels)}
}
