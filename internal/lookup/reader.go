// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package lookup

import (
	"cmp"
	"context"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/emailaddr"
	"github.com/usher-operator/usher/internal/live"
)

// objects reads single objects and whole lists, which needs no index.
type objects struct{ client.Reader }

// Reader reads the cache, by its indexes. What it returns from a list is shared with the cache and must not be changed.
type Reader struct {
	objects

	domains        live.Value[effective.IntakeDomains]
	identityGroups live.Value[effective.IdentityGroups]
	issuers        effective.Issuers
	names          effective.Usernames
	appointing     effective.Appointing
}

// New returns a Reader. Domains say at which addresses an organization may receive mail.
func New(cache client.Reader, domains effective.IntakeDomains) Reader {
	return Reader{objects: objects{scopedReader{cache}}, domains: live.Of(domains)}
}

// WithLiveDomains returns a Reader with domains that may change.
func (r Reader) WithLiveDomains(domains live.Value[effective.IntakeDomains]) Reader {
	r.domains = domains
	return r
}

// WithIdentityGroups returns a Reader for which OrgGroups may name these groups of the identity provider.
func (r Reader) WithIdentityGroups(groups live.Value[effective.IdentityGroups]) Reader {
	r.identityGroups = groups
	return r
}

// WithIssuers returns a Reader for which organizations may have OpenID providers of their own at these hosts.
func (r Reader) WithIssuers(issuers effective.Issuers) Reader {
	r.issuers = issuers
	return r
}

// WithUsernames returns a Reader that maps addresses to Kubernetes user names as the platform's settings say.
func (r Reader) WithUsernames(names effective.Usernames) Reader {
	r.names = names
	return r
}

// WithAppointing returns a Reader for which these organizations can have groups give the role OrganizationAdmin.
func (r Reader) WithAppointing(appointing effective.Appointing) Reader {
	r.appointing = appointing
	return r
}

// Appointing lists the organizations in which a group can give the role OrganizationAdmin.
func (r Reader) Appointing() effective.Appointing { return r.appointing }

// Usernames maps addresses to Kubernetes user names.
func (r Reader) Usernames() effective.Usernames { return r.names }

// APIReader reads the API server, past the cache. It is for the few decisions that must not rest on outdated objects.
type APIReader struct{ objects }

// NewAPIReader returns an APIReader.
func NewAPIReader(api client.Reader) APIReader { return APIReader{objects{api}} }

// Organization returns the organization of a namespace, or nil if there is none.
func (r objects) Organization(ctx context.Context, namespace string) (*v1alpha1.Organization, error) {
	return get(ctx, r, namespace, namespace, &v1alpha1.Organization{})
}

// Namespace returns a namespace, or nil if there is none.
func (r objects) Namespace(ctx context.Context, name string) (*corev1.Namespace, error) {
	return get(ctx, r, "", name, &corev1.Namespace{})
}

// Invitation returns an Invitation by its name, or nil if there is none.
func (r objects) Invitation(ctx context.Context, namespace, name string) (*v1alpha1.Invitation, error) {
	return get(ctx, r, namespace, name, &v1alpha1.Invitation{})
}

// User returns an OrgUser by its name, or nil if there is none.
func (r objects) User(ctx context.Context, namespace, name string) (*v1alpha1.OrgUser, error) {
	return get(ctx, r, namespace, name, &v1alpha1.OrgUser{})
}

// AccountOf returns the OrgUser that a recipient's status names, or nil if there is none or it is another person's; see
// effective.IsAccountOf.
func (r objects) AccountOf(ctx context.Context, namespace string, recipient *v1alpha1.RecipientStatus) (*v1alpha1.OrgUser, error) {
	if recipient.User == "" {
		return nil, nil //nolint:nilnil // none is an answer, not an error
	}
	user, err := r.User(ctx, namespace, recipient.User)
	if err != nil || user == nil || !effective.IsAccountOf(user, recipient) {
		return nil, err
	}
	return user, nil
}

func get[T client.Object](ctx context.Context, r objects, namespace, name string, into T, opts ...client.GetOption,
) (T, error) {
	var none T
	err := r.Get(ctx, client.ObjectKey{Namespace: namespace, Name: name}, into, opts...)
	switch {
	case apierrors.IsNotFound(err):
		return none, nil
	case err != nil:
		return none, err
	}
	return into, nil
}

// Workspace returns a Workspace by its name, or nil if there is none.
func (r objects) Workspace(ctx context.Context, namespace, name string) (*v1alpha1.Workspace, error) {
	return get(ctx, r, namespace, name, &v1alpha1.Workspace{})
}

// Users returns all OrgUsers of an organization.
func (r objects) Users(ctx context.Context, namespace string) ([]*v1alpha1.OrgUser, error) {
	return r.users(ctx, namespace)
}

// UsersByEmail returns the OrgUsers with an address, however it is spelled.
func (r Reader) UsersByEmail(ctx context.Context, namespace, email string) ([]*v1alpha1.OrgUser, error) {
	return r.users(ctx, namespace, client.MatchingFields{userByEmail: emailaddr.Normalize(email)})
}

// UsersByClaim returns the OrgUsers who request an address while they have another one in force.
func (r Reader) UsersByClaim(ctx context.Context, namespace, email string) ([]*v1alpha1.OrgUser, error) {
	return r.users(ctx, namespace, client.MatchingFields{userByClaim: emailaddr.Normalize(email)})
}

// UsersByAnyEmail returns the OrgUsers who have an address in force, or request it.
func (r Reader) UsersByAnyEmail(ctx context.Context, namespace string, email v1alpha1.EmailAddress) ([]*v1alpha1.OrgUser, error) {
	found, err := r.UsersByEmail(ctx, namespace, string(email))
	if err != nil {
		return nil, err
	}
	claimants, err := r.UsersByClaim(ctx, namespace, string(email))
	return append(found, claimants...), err
}

// UsersByIdentity returns the OrgUsers whom the creation, removal or renaming of a user may concern: those who have or request an
// address, or a Kubernetes user name, that the user has or requests. The user is among them.
func (r Reader) UsersByIdentity(ctx context.Context, user *v1alpha1.OrgUser) ([]*v1alpha1.OrgUser, error) {
	var found []*v1alpha1.OrgUser
	for _, email := range slices.Compact([]v1alpha1.EmailAddress{effective.EmailOf(user), user.Spec.Email}) {
		same, err := r.UsersByAnyEmail(ctx, user.Namespace, email)
		if err != nil {
			return nil, err
		}
		found = append(found, same...)
	}
	for _, name := range slices.Compact([]string{r.names.Of(user), cmp.Or(user.Status.Username, r.names.Of(user))}) {
		same, err := r.usersByAnyUsername(ctx, user.Namespace, name)
		if err != nil {
			return nil, err
		}
		found = append(found, same...)
	}
	slices.SortFunc(found, func(a, b *v1alpha1.OrgUser) int { return strings.Compare(a.Name, b.Name) })
	return slices.CompactFunc(found, func(a, b *v1alpha1.OrgUser) bool { return a.Name == b.Name }), nil
}

// usersByAnyUsername returns the OrgUsers who request a Kubernetes user name or have it. The index does not depend on how the platform
// maps addresses: who requests the name by the address is found by that. The result may contain others, and users twice.
func (r Reader) usersByAnyUsername(ctx context.Context, namespace, name string) ([]*v1alpha1.OrgUser, error) {
	found, err := r.users(ctx, namespace, client.MatchingFields{userByAnyUsername: name})
	email, has := r.names.AddressIn(name)
	if err != nil || !has {
		return found, err
	}
	same, err := r.UsersByEmail(ctx, namespace, email)
	return append(found, same...), err
}

// UsersByUsername returns the active OrgUsers with a Kubernetes user name.
func (r Reader) UsersByUsername(ctx context.Context, namespace, username string) ([]*v1alpha1.OrgUser, error) {
	return r.users(ctx, namespace, client.MatchingFields{userByUsername: username})
}

// HasUsername reports whether somebody in an organization, who is not being removed, requests a Kubernetes user name or has it.
func (r Reader) HasUsername(ctx context.Context, namespace, name string) (bool, error) {
	users, err := r.usersByAnyUsername(ctx, namespace, name)
	return slices.ContainsFunc(users, func(u *v1alpha1.OrgUser) bool {
		return u.DeletionTimestamp.IsZero() && (u.Status.Username == name || r.names.Of(u) == name)
	}), err
}

// HasEmail reports whether somebody in an organization, who is not being removed, has an address.
func (r Reader) HasEmail(ctx context.Context, namespace, email string) (bool, error) {
	users, err := r.UsersByEmail(ctx, namespace, email)
	return slices.ContainsFunc(users, func(u *v1alpha1.OrgUser) bool { return u.DeletionTimestamp.IsZero() }), err
}

// WorkspacesByAddress returns the Workspaces whose members name an address.
func (r Reader) WorkspacesByAddress(ctx context.Context, namespace, email string) ([]*v1alpha1.Workspace, error) {
	var naming []*v1alpha1.Workspace
	for _, access := range effective.Accesses {
		found, err := r.workspacesByMember(ctx, namespace, effective.AddressKey(email), access)
		if err != nil {
			return nil, err
		}
		naming = append(naming, found...)
	}
	return naming, nil
}

// UsersByWorkspace returns the OrgUsers who request a workspace or have it in force.
func (r Reader) UsersByWorkspace(ctx context.Context, namespace, workspace string) ([]*v1alpha1.OrgUser, error) {
	return r.users(ctx, namespace, client.MatchingFields{userByWorkspace: workspace})
}

// UsersInWorkspace returns the OrgUsers who have a workspace in force.
func (r Reader) UsersInWorkspace(ctx context.Context, namespace, workspace string) ([]*v1alpha1.OrgUser, error) {
	users, err := r.UsersByWorkspace(ctx, namespace, workspace)
	return slices.DeleteFunc(users, func(u *v1alpha1.OrgUser) bool {
		return !slices.ContainsFunc(u.Status.Workspaces, func(g v1alpha1.WorkspaceGrantStatus) bool {
			return g.Name == workspace
		})
	}), err
}

// UsersByGroup returns the OrgUsers in a group.
func (r Reader) UsersByGroup(ctx context.Context, namespace, group string) ([]*v1alpha1.OrgUser, error) {
	return r.users(ctx, namespace, client.MatchingFields{userByGroup: group})
}

// UnprovenUsers returns the accounts of an organization that exist only because a mail came.
func (r Reader) UnprovenUsers(ctx context.Context, namespace string) ([]*v1alpha1.OrgUser, error) {
	return r.users(ctx, namespace, client.MatchingFields{userUnproven: "true"})
}

// UsersByInvitation returns the OrgUsers that were created for an Invitation.
func (r Reader) UsersByInvitation(ctx context.Context, namespace, name string) ([]*v1alpha1.OrgUser, error) {
	return r.users(ctx, namespace, client.MatchingFields{userByInvitation: name})
}

func (r objects) users(ctx context.Context, namespace string, opts ...client.ListOption) ([]*v1alpha1.OrgUser, error) {
	var list v1alpha1.OrgUserList
	err := r.List(ctx, &list, append(opts, client.InNamespace(namespace), client.UnsafeDisableDeepCopy)...)
	return pointers(list.Items), err
}

// Workspaces returns all Workspaces of an organization.
func (r objects) Workspaces(ctx context.Context, namespace string) ([]*v1alpha1.Workspace, error) {
	var list v1alpha1.WorkspaceList
	err := r.List(ctx, &list, client.InNamespace(namespace), client.UnsafeDisableDeepCopy)
	return pointers(list.Items), err
}

// WorkspaceByUID returns the workspace, of any organization, of a link's UID. It is nil under the same conditions as OnboardingHost.
func (r Reader) WorkspaceByUID(ctx context.Context, uid types.UID) (*v1alpha1.Workspace, error) {
	var list v1alpha1.WorkspaceList
	if err := r.List(ctx, &list, client.MatchingFields{objectByUID: string(uid)}); err != nil {
		return nil, err
	}
	return identified(pointers(list.Items), uid), nil
}

// WorkspacesByNamespace returns the Workspaces, of any organization, that request a Kubernetes namespace.
func (r Reader) WorkspacesByNamespace(ctx context.Context, namespace string) ([]*v1alpha1.Workspace, error) {
	var list v1alpha1.WorkspaceList
	err := r.List(ctx, &list, client.UnsafeDisableDeepCopy, client.MatchingFields{workspaceByNamespace: namespace})
	return pointers(list.Items), err
}

// Invitations returns all Invitations of an organization.
func (r objects) Invitations(ctx context.Context, namespace string) ([]*v1alpha1.Invitation, error) {
	var list v1alpha1.InvitationList
	err := r.List(ctx, &list, client.InNamespace(namespace), client.UnsafeDisableDeepCopy)
	return pointers(list.Items), err
}

// InvitationsByEmail returns the Invitations with an address among their recipients.
func (r Reader) InvitationsByEmail(ctx context.Context, namespace, email string) ([]*v1alpha1.Invitation, error) {
	var list v1alpha1.InvitationList
	err := r.List(ctx, &list, client.InNamespace(namespace), client.UnsafeDisableDeepCopy,
		client.MatchingFields{invitationByEmail: emailaddr.Normalize(email)})
	return pointers(list.Items), err
}

// InvitationsByInviter returns the Invitations that name a user as their inviter, by the user name in force or by an address that the user
// has or had.
func (r Reader) InvitationsByInviter(ctx context.Context, user *v1alpha1.OrgUser) ([]*v1alpha1.Invitation, error) {
	return r.invitationsNaming(ctx, invitationByInviter, user.Namespace, r.inviterNames(user))
}

// inviterNames returns the names by which Invitations can name a user as their inviter.
func (r Reader) inviterNames(user *v1alpha1.OrgUser) []string {
	names := []string{user.Status.Username, emailaddr.Normalize(string(effective.EmailOf(user)))}
	for _, former := range user.Status.FormerEmails {
		names = append(names, former, r.names.ForAddress(former))
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// invitationsNaming returns the Invitations that an index has under one of some names.
func (r Reader) invitationsNaming(ctx context.Context, index, namespace string, names []string, opts ...client.ListOption,
) ([]*v1alpha1.Invitation, error) {
	var found []*v1alpha1.Invitation
	for _, name := range names {
		var list v1alpha1.InvitationList
		if err := r.List(ctx, &list, append(opts, client.InNamespace(namespace), client.UnsafeDisableDeepCopy,
			client.MatchingFields{index: name})...); err != nil {
			return nil, err
		}
		found = append(found, pointers(list.Items)...)
	}
	return found, nil
}

// Bindings returns Usher's RoleBindings of a user, in all namespaces.
func (r Reader) Bindings(ctx context.Context, organization, user string) ([]*rbacv1.RoleBinding, error) {
	var list rbacv1.RoleBindingList
	err := r.List(ctx, &list, client.UnsafeDisableDeepCopy,
		client.MatchingFields{bindingByUser: bindingKey(organization, user)})
	return pointers(list.Items), err
}

// OrganizationBindings returns all of Usher's RoleBindings of an organization, in all namespaces. It looks at every binding in the cache.
func (r Reader) OrganizationBindings(ctx context.Context, organization string) ([]*rbacv1.RoleBinding, error) {
	var list rbacv1.RoleBindingList
	err := r.List(ctx, &list, client.UnsafeDisableDeepCopy, client.MatchingLabels{v1alpha1.LabelOrganization: organization})
	return pointers(list.Items), err
}

// DelegateBindings returns Usher's RoleBindings of an organization's delegates.
func (r Reader) DelegateBindings(ctx context.Context, organization string) ([]*rbacv1.RoleBinding, error) {
	var list rbacv1.RoleBindingList
	err := r.List(ctx, &list, client.UnsafeDisableDeepCopy, client.MatchingFields{bindingByDelegates: organization})
	return pointers(list.Items), err
}

func pointers[T any](items []T) []*T {
	out := make([]*T, len(items))
	for i := range items {
		out[i] = &items[i]
	}
	return out
}
