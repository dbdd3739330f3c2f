// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package lookup

import (
	"context"
	"slices"

	rbacv1 "k8s.io/api/rbac/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/emailaddr"
)

func onGroup(extract func(*v1alpha1.OrgGroup) []string) client.IndexerFunc {
	return func(o client.Object) []string {
		if group, ok := o.(*v1alpha1.OrgGroup); ok {
			return extract(group)
		}
		return nil
	}
}

// listedAddresses returns the addresses that a group lists. A group that is being deleted lists nobody.
func listedAddresses(g *v1alpha1.OrgGroup) []string {
	if !g.DeletionTimestamp.IsZero() {
		return nil
	}
	return effective.GroupMembers(g)
}

func groupTitles(g *v1alpha1.OrgGroup) []string { return []string{effective.GroupTitleKey(g)} }

// groupBindings returns the workspaces in which the group of the identity provider has access in force.
func groupBindings(g *v1alpha1.OrgGroup) []string {
	if g.Status.IdentityGroup == "" {
		return nil
	}
	names := make([]string, 0, len(g.Status.Workspaces))
	for _, w := range g.Status.Workspaces {
		names = append(names, w.Name)
	}
	return names
}

// groupsInForce returns the groups that a user has in force.
func groupsInForce(u *v1alpha1.OrgUser) []string {
	names := make([]string, 0, len(u.Status.Groups))
	for _, group := range u.Status.Groups {
		names = append(names, string(group))
	}
	return names
}

func bindingGroups(o client.Object) []string {
	labels := o.GetLabels()
	if labels[v1alpha1.LabelGroup] == "" {
		return nil
	}
	return []string{bindingKey(labels[v1alpha1.LabelOrganization], labels[v1alpha1.LabelGroup])}
}

// Group returns an OrgGroup by its name, or nil if there is none. The object is shared with the cache.
func (r Reader) Group(ctx context.Context, namespace, name string) (*v1alpha1.OrgGroup, error) {
	return get(ctx, r.objects, namespace, name, &v1alpha1.OrgGroup{}, client.UnsafeDisableDeepCopy)
}

// Groups returns all OrgGroups of an organization.
func (r objects) Groups(ctx context.Context, namespace string) ([]*v1alpha1.OrgGroup, error) {
	return r.groups(ctx, namespace)
}

func (r objects) groups(ctx context.Context, namespace string, opts ...client.ListOption) ([]*v1alpha1.OrgGroup, error) {
	var list v1alpha1.OrgGroupList
	err := r.List(ctx, &list, append(opts, client.InNamespace(namespace), client.UnsafeDisableDeepCopy)...)
	return pointers(list.Items), err
}

// GroupsListing returns the OrgGroups that list an address, however it is spelled there. Those that are being deleted are left out.
func (r Reader) GroupsListing(ctx context.Context, namespace, email string) ([]*v1alpha1.OrgGroup, error) {
	return r.groups(ctx, namespace, client.MatchingFields{groupByMember: emailaddr.Normalize(email)})
}

// GroupsOf returns the groups in which a person is: those that the account or the Invitation names, and the OrgGroups that list the
// address; and how many more there are than can be in force.
func (r Reader) GroupsOf(ctx context.Context, namespace, email string, named []v1alpha1.ObjectName,
) (groups []v1alpha1.ObjectName, omitted int, err error) {
	listing, err := r.GroupsListing(ctx, namespace, email)
	groups, omitted = effective.GroupsOf(named, listing)
	return groups, omitted, err
}

// UsersInGroup returns the OrgUsers who have a group in force.
func (r Reader) UsersInGroup(ctx context.Context, namespace, group string) ([]*v1alpha1.OrgUser, error) {
	return r.users(ctx, namespace, client.MatchingFields{userByGroupInForce: group})
}

// GroupWithTitle returns an OrgGroup, other than this one, that keeps it from having its name for people: the oldest with the same name.
// It returns nil if there is none.
func (r Reader) GroupWithTitle(ctx context.Context, g *v1alpha1.OrgGroup) (*v1alpha1.OrgGroup, error) {
	same, err := r.groups(ctx, g.Namespace, client.MatchingFields{groupByTitle: effective.GroupTitleKey(g)})
	same = slices.DeleteFunc(same, func(other *v1alpha1.OrgGroup) bool {
		return other.Name == g.Name || !other.DeletionTimestamp.IsZero()
	})
	if err != nil || len(same) == 0 {
		return nil, err
	}
	return slices.MinFunc(same, func(a, b *v1alpha1.OrgGroup) int {
		if effective.TitlePrecedes(a, b) {
			return -1
		}
		return 1
	}), nil
}

// GroupsByTitle returns the OrgGroups with the same name for people as this one.
func (r Reader) GroupsByTitle(ctx context.Context, g *v1alpha1.OrgGroup) ([]*v1alpha1.OrgGroup, error) {
	return r.groups(ctx, g.Namespace, client.MatchingFields{groupByTitle: effective.GroupTitleKey(g)})
}

// WorkspacesByGroup returns the Workspaces that list a group, by the access that they grant it.
func (r Reader) WorkspacesByGroup(ctx context.Context, namespace, group string,
) (map[v1alpha1.WorkspaceAccess][]*v1alpha1.Workspace, error) {
	listing := map[v1alpha1.WorkspaceAccess][]*v1alpha1.Workspace{}
	for _, access := range effective.Accesses {
		found, err := r.workspacesByMember(ctx, namespace, effective.GroupKey(v1alpha1.ObjectName(group)), access)
		if err != nil {
			return nil, err
		}
		listing[access] = found
	}
	return listing, nil
}

// GroupsBoundIn returns the OrgGroups whose identity group has access to a workspace in force.
func (r Reader) GroupsBoundIn(ctx context.Context, namespace, workspace string) ([]*v1alpha1.OrgGroup, error) {
	return r.groups(ctx, namespace, client.MatchingFields{groupByBinding: workspace})
}

// GroupBindings returns Usher's RoleBindings of a group, in all namespaces.
func (r Reader) GroupBindings(ctx context.Context, organization, group string) ([]*rbacv1.RoleBinding, error) {
	var list rbacv1.RoleBindingList
	err := r.List(ctx, &list, client.UnsafeDisableDeepCopy, client.MatchingFields{bindingByGroup: bindingKey(organization, group)})
	return pointers(list.Items), err
}

// withListed adds to entries of a workspace's members the addresses that the OrgGroups among them list.
func (r Reader) withListed(ctx context.Context, namespace string, members []v1alpha1.WorkspaceMember) ([]v1alpha1.WorkspaceMember, error) {
	all := slices.Clone(members)
	for _, m := range members {
		if m.Group == "" {
			continue
		}
		group, err := r.Group(ctx, namespace, string(m.Group))
		if err != nil {
			return nil, err
		}
		for _, address := range effective.GroupMembers(group) {
			all = append(all, v1alpha1.WorkspaceMember{Email: v1alpha1.MemberAddress(address), Access: m.Access})
		}
	}
	return effective.DistinctMembers(all), nil
}
