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
	"github.com/usher-operator/usher/internal/emailaddr"
)

// memberKeys returns what a workspace's entries name, each with the access that it grants. So the index tells who is in which
// workspace with which access, without reading through the members of any. A workspace that is being deleted names nobody.
func memberKeys(o client.Object) []string {
	w, ok := o.(*v1alpha1.Workspace)
	if !ok || isDeleted(w) {
		return nil
	}
	keys := make([]string, 0, len(w.Spec.Members))
	seen := make(map[string]bool, len(w.Spec.Members))
	for _, m := range w.Spec.Members {
		if key := effective.KeyOfMember(m); key != "" {
			if indexed := memberKey(key, m.Access); !seen[indexed] {
				seen[indexed] = true
				keys = append(keys, indexed)
			}
		}
	}
	return keys
}

func memberKey(key effective.MemberKey, access v1alpha1.WorkspaceAccess) string {
	return string(access) + "/" + string(key)
}

// clusterRoleNames returns the ClusterRoles that an organization's modules name, each once.
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

// ClusterRole returns an empty ClusterRole. The cache holds only the metadata of ClusterRoles.
func ClusterRole() *metav1.PartialObjectMetadata {
	o := &metav1.PartialObjectMetadata{}
	o.SetGroupVersionKind(rbacv1.SchemeGroupVersion.WithKind("ClusterRole"))
	return o
}

// ClusterRoles returns the states of the ClusterRoles that an organization's modules name.
func (r Reader) ClusterRoles(ctx context.Context, o *v1alpha1.Organization) (effective.ClusterRoleStates, error) {
	names := clusterRoleNames(o)
	if len(names) == 0 {
		return nil, nil //nolint:nilnil // nobody writes to the map
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

// OrganizationsByClusterRole returns the organizations with a module that names a ClusterRole.
func (r Reader) OrganizationsByClusterRole(ctx context.Context, name string) ([]*v1alpha1.Organization, error) {
	var list v1alpha1.OrganizationList
	err := r.List(ctx, &list, client.UnsafeDisableDeepCopy, client.MatchingFields{organizationByClusterRole: name})
	return pointers(list.Items), err
}

// memberIndex returns the index, and the key in it, by which the users are found whom an entry of a workspace's members names.
func memberIndex(m v1alpha1.WorkspaceMember) client.MatchingFields {
	if m.Group != "" {
		return client.MatchingFields{userByGroup: string(m.Group)}
	}
	return client.MatchingFields{userByEmail: emailaddr.Normalize(string(m.Email))}
}

// memberExists reports whether an entry of a workspace's members names anybody, or an OrgGroup that there is. It reads one user, however
// many are in a group.
func (r Reader) memberExists(ctx context.Context, namespace string, m v1alpha1.WorkspaceMember) (bool, error) {
	if m.Group != "" {
		if group, err := r.Group(ctx, namespace, string(m.Group)); group != nil || err != nil {
			return group != nil, err
		}
	}
	users, err := r.users(ctx, namespace, memberIndex(m), client.Limit(1))
	return len(users) > 0, err
}

const (
	// maxMemberLookups is how many entries are looked up one by one. Beyond that, it costs less to go through all users once: each may be
	// in as many groups as are listed.
	maxMemberLookups = 16
	// maxAddressLookups is the same for addresses, each of which is one person's: with 50,000 people, going through all of them costs as
	// much as looking up thousands.
	maxAddressLookups = 512
)

// UsersByMembers returns the OrgUsers whom entries of a workspace's members name, each user once, however often the entries name them.
func (r Reader) UsersByMembers(ctx context.Context, namespace string, members []v1alpha1.WorkspaceMember,
) ([]*v1alpha1.OrgUser, error) {
	members, err := r.withListed(ctx, namespace, effective.DistinctMembers(members))
	if err != nil {
		return nil, err
	}
	groups := 0
	for _, m := range members {
		if m.Group != "" {
			groups++
		}
	}
	if groups > maxMemberLookups || len(members)-groups > maxAddressLookups {
		return r.usersAmong(ctx, namespace, members)
	}
	var named []*v1alpha1.OrgUser
	seen := map[string]bool{}
	for _, m := range members {
		users, err := r.users(ctx, namespace, memberIndex(m))
		if err != nil {
			return nil, err
		}
		for _, u := range users {
			if !seen[u.Name] {
				seen[u.Name] = true
				named = append(named, u)
			}
		}
	}
	return named, nil
}

// usersAmong goes through all users of an organization, and returns those whom the entries name.
func (r Reader) usersAmong(ctx context.Context, namespace string, members []v1alpha1.WorkspaceMember) ([]*v1alpha1.OrgUser, error) {
	addresses, groups := map[string]bool{}, map[v1alpha1.ObjectName]bool{}
	for _, m := range members {
		if m.Group != "" {
			groups[m.Group] = true
		} else {
			addresses[emailaddr.Normalize(string(m.Email))] = true
		}
	}
	users, err := r.Users(ctx, namespace)
	return slices.DeleteFunc(users, func(u *v1alpha1.OrgUser) bool {
		return !slices.ContainsFunc(u.Spec.Groups, func(group v1alpha1.ObjectName) bool { return groups[group] }) &&
			!addresses[emailaddr.Normalize(string(effective.EmailOf(u)))]
	}), err
}

// workspacesByMember returns the Workspaces with an entry that names an address or a group and grants an access. Workspaces that
// are being deleted are left out.
func (r Reader) workspacesByMember(ctx context.Context, namespace string, key effective.MemberKey,
	access v1alpha1.WorkspaceAccess, opts ...client.ListOption,
) ([]*v1alpha1.Workspace, error) {
	var list v1alpha1.WorkspaceList
	err := r.List(ctx, &list, append(opts, client.InNamespace(namespace), client.UnsafeDisableDeepCopy,
		client.MatchingFields{workspaceByMember: memberKey(key, access)})...)
	return pointers(list.Items), err
}

// WorkspacesConcerning returns the Workspaces that a user requests, or whose members name the user. The cost grows with these, not with
// the number of workspaces; for somebody in very many groups, it returns all Workspaces, which costs less than to find them.
func (r Reader) WorkspacesConcerning(ctx context.Context, u *v1alpha1.OrgUser) ([]*v1alpha1.Workspace, error) {
	email := string(effective.EmailOf(u))
	groups, _, err := r.GroupsOf(ctx, u.Namespace, email, effective.KnownGroups(u)) // somebody who is not active yet has none in force
	if err != nil {
		return nil, err
	}
	keys := effective.KeysOf(email, groups)
	if len(keys) > maxMemberLookups {
		return r.Workspaces(ctx, u.Namespace)
	}
	found := map[string]*v1alpha1.Workspace{}
	for _, key := range keys {
		for _, access := range effective.Accesses {
			naming, err := r.workspacesByMember(ctx, u.Namespace, key, access)
			if err != nil {
				return nil, err
			}
			for _, w := range naming {
				found[w.Name] = w
			}
		}
	}
	err = r.addRequested(ctx, u, found)
	return slices.Collect(maps.Values(found)), err
}

func isDeleted(w *v1alpha1.Workspace) bool { return !w.DeletionTimestamp.IsZero() }

// named reports which addresses and groups workspaces name as members. An address that an OrgGroup lists is named where that group is. It
// reads one workspace of those that name a group.
func (r Reader) named(ctx context.Context, namespace string, keys []effective.MemberKey) (map[effective.MemberKey]bool, error) {
	named := make(map[effective.MemberKey]bool, len(keys))
	for _, key := range keys {
		candidates := []effective.MemberKey{key}
		if email, is := effective.AddressOfKey(key); is {
			groups, _, err := r.GroupsOf(ctx, namespace, email, nil)
			if err != nil {
				return nil, err
			}
			candidates = effective.KeysOf(email, groups)
		}
		var err error
		if named[key], err = r.anyNamed(ctx, namespace, candidates); err != nil {
			return nil, err
		}
	}
	return named, nil
}

// anyNamed reports whether a workspace names one of the keys.
func (r Reader) anyNamed(ctx context.Context, namespace string, keys []effective.MemberKey) (bool, error) {
	for _, key := range keys {
		for _, access := range effective.Accesses {
			found, err := r.workspacesByMember(ctx, namespace, key, access, client.Limit(1))
			if len(found) > 0 || err != nil {
				return len(found) > 0, err
			}
		}
	}
	return false, nil
}

// access adds the workspaces that concern a user, found by the indexes and the user's own spec. The cost grows only with the
// groups and workspaces of the user, not with the number of workspaces or of their members. For an administrator in force it
// adds all workspaces, without reading their members.
func (r Reader) access(ctx context.Context, f *effective.UserFacts) error {
	u, email := f.User, string(effective.EmailOf(f.User))
	var err error
	if f.Groups, f.OmittedGroups, err = r.GroupsOf(ctx, u.Namespace, email, u.Spec.Groups); err != nil {
		return err
	}
	concerning := map[string]*v1alpha1.Workspace{}
	for _, key := range effective.KeysOf(email, f.Groups) {
		strongest := map[string]bool{}
		for _, access := range effective.Accesses {
			found, err := r.workspacesByMember(ctx, u.Namespace, key, access)
			if err != nil {
				return err
			}
			for _, w := range found {
				if strongest[w.Name] {
					continue // a list that came past the webhook names the key again, with less access
				}
				strongest[w.Name] = true
				concerning[w.Name] = w
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
			concerning[w.Name] = w
		}
	} else if err := r.addRequested(ctx, u, concerning); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(concerning)) {
		switch w := concerning[name]; {
		case isDeleted(w):
		case w.Status.Namespace == "":
			f.NotReady = append(f.NotReady, w)
		default:
			f.Workspaces = append(f.Workspaces, w)
		}
	}
	return nil
}

// addRequested adds the workspaces that a user requests.
func (r Reader) addRequested(ctx context.Context, u *v1alpha1.OrgUser, into map[string]*v1alpha1.Workspace) error {
	for _, requested := range u.Spec.Workspaces {
		if into[string(requested.Name)] != nil {
			continue
		}
		w, err := r.workspace(ctx, u.Namespace, string(requested.Name))
		if err != nil {
			return err
		}
		if w != nil {
			into[w.Name] = w
		}
	}
	return nil
}

// workspace returns a Workspace by its name, or nil if there is none. The object is shared with the cache.
func (r Reader) workspace(ctx context.Context, namespace, name string) (*v1alpha1.Workspace, error) {
	return get(ctx, r.objects, namespace, name, &v1alpha1.Workspace{}, client.UnsafeDisableDeepCopy)
}
