// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package lookup

import (
	"context"
	"maps"
	"slices"

	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
)

// memberKeys are what a workspace's entries name, each with the access that it gives: so who is in which workspace with
// which access is found without reading through the members of any.
func memberKeys(o client.Object) []string {
	w, ok := o.(*v1alpha1.Workspace)
	if !ok {
		return nil
	}
	keys := make([]string, 0, len(w.Spec.Members))
	for _, m := range w.Spec.Members {
		if key := effective.KeyOfMember(m); key != "" {
			keys = append(keys, memberKey(key, m.Access))
		}
	}
	return keys
}

func memberKey(key effective.MemberKey, access v1alpha1.WorkspaceAccess) string {
	return string(access) + "/" + string(key)
}

// clusterRoleNames are the ClusterRoles that an organization's modules name.
func clusterRoleNames(o client.Object) []string {
	organization, ok := o.(*v1alpha1.Organization)
	if !ok {
		return nil
	}
	var names []string
	for _, m := range organization.Spec.Subscription.Modules {
		if m.ClusterRoleName != "" && !slices.Contains(names, m.ClusterRoleName) {
			names = append(names, m.ClusterRoleName)
		}
	}
	return names
}

// ClusterRole gives an empty ClusterRole of which the cache holds the metadata only.
func ClusterRole() *metav1.PartialObjectMetadata {
	o := &metav1.PartialObjectMetadata{}
	o.SetGroupVersionKind(rbacv1.SchemeGroupVersion.WithKind("ClusterRole"))
	return o
}

// ClusterRoles tells how the ClusterRoles stand that an organization's modules name.
func (r Reader) ClusterRoles(ctx context.Context, o *v1alpha1.Organization) (effective.ClusterRoleStates, error) {
	names := clusterRoleNames(o)
	if len(names) == 0 {
		return nil, nil //nolint:nilnil // a map that nobody writes to
	}
	states := make(effective.ClusterRoleStates, len(names))
	for _, name := range names {
		role, err := get(ctx, r.objects, "", name, ClusterRole())
		if err != nil {
			return nil, err
		}
		if role != nil {
			states[name] = effective.StateOfClusterRole(name, role.Labels)
		}
	}
	return states, nil
}

// OrganizationsByClusterRole gives the organizations of which a module names a ClusterRole.
func (r Reader) OrganizationsByClusterRole(ctx context.Context, name string) ([]*v1alpha1.Organization, error) {
	var list v1alpha1.OrganizationList
	err := r.List(ctx, &list, client.UnsafeDisableDeepCopy, client.MatchingFields{organizationByClusterRole: name})
	return pointers(list.Items), err
}

// UsersByMember gives the OrgUsers whom an entry among a workspace's members names.
func (r Reader) UsersByMember(ctx context.Context, namespace string, m v1alpha1.WorkspaceMember,
) ([]*v1alpha1.OrgUser, error) {
	if m.Group != "" {
		return r.UsersByGroup(ctx, namespace, string(m.Group))
	}
	return r.UsersByEmail(ctx, namespace, string(m.Email))
}

// workspacesByMember gives the Workspaces of which an entry names this, with this access.
func (r Reader) workspacesByMember(ctx context.Context, namespace string, key effective.MemberKey,
	access v1alpha1.WorkspaceAccess,
) ([]*v1alpha1.Workspace, error) {
	var list v1alpha1.WorkspaceList
	err := r.List(ctx, &list, client.InNamespace(namespace), client.UnsafeDisableDeepCopy,
		client.MatchingFields{workspaceByMember: memberKey(key, access)})
	return slices.DeleteFunc(pointers(list.Items), isGoing), err
}

func isGoing(w *v1alpha1.Workspace) bool { return !w.DeletionTimestamp.IsZero() }

// named tells which of some addresses and groups workspaces name as members.
func (r Reader) named(ctx context.Context, namespace string, keys []effective.MemberKey) (map[effective.MemberKey]bool, error) {
	named := make(map[effective.MemberKey]bool, len(keys))
	for _, key := range keys {
		for _, access := range effective.Accesses {
			found, err := r.workspacesByMember(ctx, namespace, key, access)
			if err != nil {
				return nil, err
			}
			named[key] = named[key] || len(found) > 0
		}
	}
	return named, nil
}

// access fills in the workspaces that concern a user, by the indexes and the user's own wishes. The cost grows with the
// user's own groups and workspaces only, and not with how many there are or how many members they have. For an administrator
// in force it is all workspaces, without their members.
func (r Reader) access(ctx context.Context, f *effective.UserFacts) error {
	u := f.User
	concerned := map[string]*v1alpha1.Workspace{}
	for _, key := range effective.KeysOfUser(u) {
		for _, access := range effective.Accesses {
			found, err := r.workspacesByMember(ctx, u.Namespace, key, access)
			if err != nil {
				return err
			}
			for _, w := range found {
				concerned[w.Name] = w
				if f.Named == nil {
					f.Named = map[string][]v1alpha1.GrantOrigin{}
				}
				f.Named[w.Name] = append(f.Named[w.Name], effective.OriginOfMember(key, access))
			}
		}
	}
	if effective.InLedger(f.Organization, u) {
		all, err := r.Workspaces(ctx, u.Namespace)
		if err != nil {
			return err
		}
		for _, w := range all {
			concerned[w.Name] = w
		}
	} else if err := r.addRequested(ctx, u, concerned); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(concerned)) {
		if w := concerned[name]; w.Status.Namespace != "" && !isGoing(w) {
			f.Workspaces = append(f.Workspaces, w)
		}
	}
	return nil
}

func (r Reader) addRequested(ctx context.Context, u *v1alpha1.OrgUser, into map[string]*v1alpha1.Workspace) error {
	for _, wish := range u.Spec.Workspaces {
		if into[string(wish.Name)] != nil {
			continue
		}
		w, err := r.workspace(ctx, u.Namespace, string(wish.Name))
		if err != nil {
			return err
		}
		if w != nil {
			into[w.Name] = w
		}
	}
	return nil
}

// workspace gives a Workspace by its name, shared with the cache; nil: there is none.
func (r Reader) workspace(ctx context.Context, namespace, name string) (*v1alpha1.Workspace, error) {
	return get(ctx, r.objects, namespace, name, &v1alpha1.Workspace{}, client.UnsafeDisableDeepCopy)
}
