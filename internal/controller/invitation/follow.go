// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package invitation

import (
	"context"
	"encoding/json"
	"slices"

	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/object"
)

// The fields of a pending user's spec that follow the Invitation, by their names in JSON.
const (
	fieldDisplayName = "displayName"
	fieldRole        = "role"
	fieldWorkspaces  = "workspaces"
	fieldGroups      = "groups"
	fieldModules     = "modules"
)

var followedFields = []string{fieldDisplayName, fieldRole, fieldWorkspaces, fieldGroups, fieldModules}

// follow updates a pending user to what the Invitation grants now. A field that somebody else has changed stays as it is.
func (r *Reconciler) follow(ctx context.Context, i *v1alpha1.Invitation, user *v1alpha1.OrgUser, name string) error {
	requested := pendingUser(i, string(effective.EmailOf(user)), name).Spec
	if len(differingFields(&user.Spec, &requested)) == 0 {
		return nil
	}
	var live v1alpha1.OrgUser // read past the cache, which does not contain the managed fields
	if err := r.api.Get(ctx, client.ObjectKeyFromObject(user), &live); err != nil {
		return client.IgnoreNotFound(err)
	}
	if effective.IsAccepted(&live) || live.UID != user.UID {
		return nil
	}
	fields := slices.DeleteFunc(differingFields(&live.Spec, &requested), func(field string) bool {
		return changedByOthers(&live, field)
	})
	if len(fields) == 0 {
		return nil
	}
	before := live.DeepCopy()
	copyFields(&live.Spec, &requested, fields...)
	return client.IgnoreNotFound(object.PatchMetadata(ctx, r.client, &live, before))
}

// differingFields returns the followed fields in which two specs differ.
func differingFields(a, b *v1alpha1.OrgUserSpec) []string {
	same := map[string]bool{
		fieldDisplayName: a.DisplayName == b.DisplayName,
		fieldRole:        a.Role == b.Role,
		fieldWorkspaces:  equality.Semantic.DeepEqual(a.Workspaces, b.Workspaces),
		fieldGroups:      equality.Semantic.DeepEqual(a.Groups, b.Groups),
		fieldModules:     equality.Semantic.DeepEqual(a.Modules, b.Modules),
	}
	return slices.DeleteFunc(slices.Clone(followedFields), func(field string) bool { return same[field] })
}

// copyFields copies followed fields from one spec to another.
func copyFields(to, from *v1alpha1.OrgUserSpec, fields ...string) {
	for _, field := range fields {
		switch field {
		case fieldDisplayName:
			to.DisplayName = from.DisplayName
		case fieldRole:
			to.Role = from.Role
		case fieldWorkspaces:
			to.Workspaces = from.Workspaces
		case fieldGroups:
			to.Groups = from.Groups
		case fieldModules:
			to.Modules = from.Modules
		}
	}
}

// changedByOthers reports whether a field of the spec, or a part of it, was last written by somebody other than Usher.
func changedByOthers(o client.Object, field string) bool {
	return slices.ContainsFunc(o.GetManagedFields(), func(m metav1.ManagedFieldsEntry) bool {
		var owned struct {
			Spec map[string]json.RawMessage `json:"f:spec"`
		}
		if m.Manager == string(object.FieldOwner) || m.Subresource != "" || m.FieldsV1 == nil ||
			json.Unmarshal(m.FieldsV1.GetRawBytes(), &owned) != nil {
			return false
		}
		_, owns := owned.Spec["f:"+field]
		return owns
	})
}
