// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Package lookup reads objects: by the cache's indexes with a Reader, or past the cache with an APIReader. It gathers the facts
// by which authz and effective decide. Nothing here writes.
package lookup

import (
	"context"
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/emailaddr"
	"github.com/usher-operator/usher/internal/onboarding"
)

// Names of the cache's indexes.
const (
	userByUsername            = "usher.username"
	userByClaim               = "usher.claim"
	userByFormerEmail         = "usher.formerEmail"
	userByEmail               = "usher.email"
	userByAnyUsername         = "usher.anyUsername"
	userByWorkspace           = "usher.workspace"
	userByGroup               = "usher.group"
	userByGroupInForce        = "usher.groupInForce"
	userByInvitation          = "usher.invitation"
	userUnproven              = "usher.unproven"
	userByAccount             = "usher.account"
	objectByUID               = "usher.uid"
	objectByDirectory         = "usher.directory"
	invitationByEmail         = "usher.recipient"
	invitationByInviter       = "usher.inviter"
	openInvitationByInviter   = "usher.openInviter"
	workspaceByNamespace      = "usher.namespace"
	workspaceByMember         = "usher.member"
	organizationByClusterRole = "usher.clusterRole"
	workspaceByIntake         = "usher.intake"
	workspaceByAssignee       = "usher.assignee"
	workspaceBySerial         = "usher.serial"
	bindingByUser             = "usher.user"
	bindingByDelegates        = "usher.delegates"
	bindingByGroup            = "usher.bindingGroup"
	groupByMember             = "usher.groupMember"
	groupByTitle              = "usher.groupTitle"
	groupByBinding            = "usher.groupBinding"
)

type index struct {
	object  client.Object
	name    string
	scope   scope
	extract client.IndexerFunc
}

func indexes() []index {
	return []index{
		{&v1alpha1.OrgUser{}, userByUsername, inNamespace, onUser(usernames)},
		{&v1alpha1.OrgUser{}, userByClaim, inNamespace, onUser(claims)},
		{&v1alpha1.OrgUser{}, userByFormerEmail, inNamespace, onUser(formerEmails)},
		{&v1alpha1.OrgUser{}, userByEmail, inNamespace, onUser(emails)},
		{&v1alpha1.OrgUser{}, userByAnyUsername, inNamespace, onUser(anyUsernames)},
		{&v1alpha1.OrgUser{}, userByWorkspace, inNamespace, onUser(workspaces)},
		{&v1alpha1.OrgUser{}, userByGroup, inNamespace, onUser(groups)},
		{&v1alpha1.OrgUser{}, userByGroupInForce, inNamespace, onUser(groupsInForce)},
		{&v1alpha1.OrgUser{}, userByInvitation, inNamespace, onUser(invitations)},
		{&v1alpha1.OrgUser{}, userUnproven, inNamespace, onUser(unproven)},
		{&v1alpha1.OrgUser{}, userByAccount, everywhere, onUser(accountAddresses)},
		{&v1alpha1.OrgUser{}, objectByUID, everywhere, uid},
		{&v1alpha1.OrgUser{}, objectByDirectory, inNamespace, directoryKeys},
		{&v1alpha1.Invitation{}, objectByUID, everywhere, uid},
		{&v1alpha1.Invitation{}, invitationByEmail, inNamespace, recipients},
		{&v1alpha1.Invitation{}, invitationByInviter, inNamespace, inviters},
		{&v1alpha1.Invitation{}, openInvitationByInviter, inNamespace, openInviters},
		{&v1alpha1.Workspace{}, objectByUID, everywhere, uid},
		{&v1alpha1.Workspace{}, workspaceByNamespace, everywhere, namespaces},
		{&v1alpha1.Workspace{}, workspaceByIntake, everywhere, intakes},
		{&v1alpha1.Workspace{}, workspaceByAssignee, inNamespace, assignees},
		{&v1alpha1.Workspace{}, workspaceBySerial, inNamespace, serials},
		{&v1alpha1.Workspace{}, workspaceByMember, inNamespace, memberKeys},
		{&v1alpha1.OrgGroup{}, groupByMember, inNamespace, onGroup(listedAddresses)},
		{&v1alpha1.OrgGroup{}, groupByTitle, inNamespace, onGroup(groupTitles)},
		{&v1alpha1.OrgGroup{}, groupByBinding, inNamespace, onGroup(groupBindings)},
		{&v1alpha1.OrgGroup{}, objectByDirectory, inNamespace, directoryKeys},
		{&v1alpha1.Organization{}, organizationByClusterRole, everywhere, clusterRoleNames},
		{&rbacv1.RoleBinding{}, bindingByUser, everywhere, bindingUsers},
		{&rbacv1.RoleBinding{}, bindingByDelegates, everywhere, bindingDelegates},
		{&rbacv1.RoleBinding{}, bindingByGroup, everywhere, bindingGroups},
	}
}

// AddIndexes adds the indexes to the cache. It must be called before the cache starts.
func AddIndexes(ctx context.Context, indexer client.FieldIndexer) error {
	return addIndexes(ctx, indexer, indexes())
}

// AddPortalIndexes adds the indexes of the kinds that CachedByPortal returns.
func AddPortalIndexes(ctx context.Context, indexer client.FieldIndexer) error {
	return addIndexes(ctx, indexer, slices.DeleteFunc(indexes(), func(i index) bool { return isBinding(i.object) }))
}

func isBinding(o client.Object) bool {
	_, is := o.(*rbacv1.RoleBinding)
	return is
}

func addIndexes(ctx context.Context, indexer client.FieldIndexer, all []index) error {
	for _, i := range all {
		if err := indexer.IndexField(ctx, i.object, i.name, i.extract); err != nil {
			return fmt.Errorf("index %s of %T: %w", i.name, i.object, err)
		}
	}
	return nil
}

// Cached returns the kinds that the cache must hold before anything is looked up.
func Cached() []client.Object { return append(CachedByPortal(), &rbacv1.RoleBinding{}) }

// CachedByPortal returns the kinds that the cache must hold before a page or a mail is looked up.
func CachedByPortal() []client.Object {
	return []client.Object{
		&v1alpha1.Organization{}, &v1alpha1.OrgUser{}, &v1alpha1.Invitation{}, &v1alpha1.Workspace{},
		&v1alpha1.OrgGroup{}, &corev1.Namespace{}, ClusterRole(),
	}
}

func onUser(extract func(*v1alpha1.OrgUser) []string) client.IndexerFunc {
	return func(o client.Object) []string {
		if user, ok := o.(*v1alpha1.OrgUser); ok {
			return extract(user)
		}
		return nil
	}
}

// usernames returns the user name of an active user with a role: nobody else can act.
func usernames(u *v1alpha1.OrgUser) []string {
	if u.Status.State == v1alpha1.UserActive && u.Status.Role != "" && u.Status.Username != "" {
		return []string{u.Status.Username}
	}
	return nil
}

func emails(u *v1alpha1.OrgUser) []string {
	return []string{emailaddr.Normalize(string(effective.EmailOf(u)))}
}

// claims returns the address that a user requests while another one is in force.
func claims(u *v1alpha1.OrgUser) []string {
	if effective.ChangesEmail(u) {
		return []string{emailaddr.Normalize(string(u.Spec.Email))}
	}
	return nil
}

func formerEmails(u *v1alpha1.OrgUser) []string { return u.Status.FormerEmails }

// anyUsernames returns the user name in the spec and the one in force: a user who requests a name that another one has waits for it.
func anyUsernames(u *v1alpha1.OrgUser) []string {
	var names []string
	for _, name := range []string{string(u.Spec.Username), u.Status.Username} {
		if name != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// workspaces returns the requested workspaces and those in force: a change of either concerns the user.
func workspaces(u *v1alpha1.OrgUser) []string {
	var names []string
	for _, requested := range u.Spec.Workspaces {
		names = append(names, string(requested.Name))
	}
	for _, grant := range u.Status.Workspaces {
		names = append(names, grant.Name)
	}
	return names
}

func groups(u *v1alpha1.OrgUser) []string {
	names := make([]string, 0, len(u.Spec.Groups))
	for _, group := range u.Spec.Groups {
		names = append(names, string(group))
	}
	return names
}

func invitations(u *v1alpha1.OrgUser) []string {
	if name := u.Labels[v1alpha1.LabelInvitation]; name != "" {
		return []string{name}
	}
	return nil
}

// unproven marks the accounts that exist only because a mail came.
func unproven(u *v1alpha1.OrgUser) []string {
	if effective.Expires(u) && !effective.IsProven(u) {
		return []string{"true"}
	}
	return nil
}

// uid returns the UID by which links name an object.
func uid(o client.Object) []string {
	if host, is := o.(effective.Identified); is {
		return []string{string(effective.UIDOf(host))}
	}
	return nil
}

func recipients(o client.Object) []string {
	inv, ok := o.(*v1alpha1.Invitation)
	if !ok {
		return nil
	}
	keys := make([]string, 0, len(inv.Status.Recipients))
	for _, r := range inv.Status.Recipients {
		keys = append(keys, emailaddr.Normalize(string(r.Email)))
	}
	return keys
}

// inviters returns the inviter's name, and its normal form if it is an address.
func inviters(o client.Object) []string {
	inv, ok := o.(*v1alpha1.Invitation)
	if !ok || inv.Spec.InvitedBy == "" {
		return nil
	}
	names := []string{string(inv.Spec.InvitedBy)}
	if emailaddr.Valid(names[0]) {
		names = append(names, emailaddr.Normalize(names[0]))
	}
	return slices.Compact(names)
}

// openInviters does the same for an Invitation that somebody can still accept. The others of an inviter grow in number for ever.
func openInviters(o client.Object) []string {
	if inv, ok := o.(*v1alpha1.Invitation); !ok || !isOpen(inv) {
		return nil
	}
	return inviters(o)
}

// isOpen reports whether somebody can still accept an Invitation, or will be able to once it is reconciled.
func isOpen(i *v1alpha1.Invitation) bool {
	if !i.DeletionTimestamp.IsZero() {
		return false
	}
	return i.Status.ObservedGeneration == 0 || slices.ContainsFunc(i.Status.Recipients, func(r v1alpha1.RecipientStatus) bool {
		return onboarding.Open(r.State)
	})
}

func namespaces(o client.Object) []string {
	if w, ok := o.(*v1alpha1.Workspace); ok {
		return []string{effective.NamespaceOf(w)}
	}
	return nil
}

func bindingUsers(o client.Object) []string {
	labels := o.GetLabels()
	if labels[v1alpha1.LabelUser] == "" {
		return nil
	}
	return []string{bindingKey(labels[v1alpha1.LabelOrganization], labels[v1alpha1.LabelUser])}
}

func bindingKey(organization, user string) string { return organization + "/" + user }

func bindingDelegates(o client.Object) []string {
	labels := o.GetLabels()
	if labels[v1alpha1.LabelDelegate] == "" {
		return nil
	}
	return []string{labels[v1alpha1.LabelOrganization]}
}
