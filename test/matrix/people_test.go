// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package matrix

import (
	"context"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/testing/builders"
	. "github.com/usher-operator/usher/internal/testing/matchers"
)

// somebody is a column of the matrix.
type somebody struct {
	// name is the name of the OrgUser. It is empty if there is none.
	name string
	role v1alpha1.Role
	// username is the Kubernetes user name. If empty, settle sets it to the OrgUser's address.
	username string
	client.Client
}

// columns are the users who make the requests, in the order of the cells of every row:
// OrganizationAdmin, BillingAdmin, FinanceAdmin, UserAdmin, Technician, Member, NotificationsOnly, a delegate with the role
// OrganizationAdmin, a stray user to whom a forgotten RoleBinding gives the RBAC rights of an OrganizationAdmin, and a user
// without any rights.
var columns = []*somebody{
	{name: "ana", role: v1alpha1.RoleOrganizationAdmin},
	{name: "bruno", role: v1alpha1.RoleBillingAdmin},
	{name: "fina", role: v1alpha1.RoleFinanceAdmin},
	{name: "eva", role: v1alpha1.RoleUserAdmin},
	{name: "tomas", role: v1alpha1.RoleTechnician},
	{name: "luis", role: v1alpha1.RoleMember},
	{name: "nora", role: v1alpha1.RoleNotificationsOnly},
	{username: "system:serviceaccount:argocd:acme"},
	{username: stray},
	{username: "mallory@elsewhere.example"},
}

const (
	stray    = "stray@elsewhere.example"
	delegate = 7 // the column of the delegate
)

// settle creates the organization and waits until everybody in it can act.
func settle(ctx context.Context) string {
	GinkgoHelper()
	name := env.Namespace(ctx, "acme")
	ana := "ana@" + name + ".example"
	objects := []client.Object{
		builders.Organization(name).DisplayName("Acme").PrimaryAdministrator("Ana", ana).
			Delegate(columns[delegate].username, v1alpha1.RoleOrganizationAdmin).
			With(func(o *v1alpha1.Organization) {
				o.Spec.Billing.PaymentSecretRef = &v1alpha1.SecretReference{Name: "payment"}
				o.Spec.Directory.Roles = []v1alpha1.GroupRole{{Group: "deputies", Role: v1alpha1.RoleTechnician}}
				o.Spec.Directory.Modules = []v1alpha1.GroupModules{{Group: "callers", Modules: []v1alpha1.ObjectName{"desk"}}}
			}).Obj(),
		builders.OrgUser(name, "bea").Role(v1alpha1.RoleOrganizationAdmin).Existing().Obj(), // so that nobody is the last administrator
		builders.OrgUser(name, "sam").Existing().Obj(),
		builders.OrgUser(name, "mod").Modules("desk").Existing().Obj(),
		builders.OrgUser(name, "tea").Role(v1alpha1.RoleTechnician).Existing().Obj(),
		builders.OrgUser(name, "pen").Obj(),
		builders.OrgUser(name, "pet").Role(v1alpha1.RoleTechnician).Obj(),
		builders.Workspace(name, "support").Namespace(name + "-support").Obj(),
		builders.Workspace(name, "sales").Obj(),
		builders.OrgGroup(name, "helpdesk").Members("sam@" + name + ".example").Obj(),
		builders.OrgGroup(name, "leads").Members("tea@" + name + ".example").Obj(),
		builders.OrgGroup(name, "tokens").IdentityGroup("oidc:tokens").Obj(),
		builders.Invitation(name, "members", "pal@"+name+".example").InvitedBy(ana).Obj(),
		builders.Invitation(name, "technicians", "tec@"+name+".example").Role(v1alpha1.RoleTechnician).InvitedBy(ana).Obj(),
		builders.Invitation(name, "equipped", "eq@"+name+".example").Modules("desk").InvitedBy(ana).Obj(),
		&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: name, Name: "payment"}},
		&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: name, Name: "other"}},
		binding(name, "stray", stray),
	}
	for _, c := range columns {
		if c.name != "" {
			c.username = c.name + "@" + name + ".example"
			user := builders.OrgUser(name, c.name).Role(c.role).Existing()
			if c.role == v1alpha1.RoleMember {
				user = user.Workspace("support", v1alpha1.WorkspaceView)
			}
			objects = append([]client.Object{user.Obj()}, objects...)
		}
		c.Client = env.As(c.username)
	}
	for _, o := range objects {
		Expect(env.Client.Create(ctx, o)).To(Succeed())
	}
	awaitEverybody(ctx, name)
	return name
}

func binding(namespace, name, username string) *rbacv1.RoleBinding {
	return &rbacv1.RoleBinding{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name},
		Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: username}},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "usher-organization-admin"},
	}
}

// awaitEverybody waits until everybody is in force, both for the API server and in the webhooks' cache: each of them makes a
// request that the role allows, as a dry run.
func awaitEverybody(ctx context.Context, namespace string) {
	GinkgoHelper()
	for _, name := range []string{"ana", "bea", "bruno", "fina", "eva", "tomas", "luis", "nora", "sam", "tea"} {
		user := &v1alpha1.OrgUser{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}}
		Eventually(func() (*v1alpha1.OrgUser, error) {
			return user, env.Client.Get(ctx, client.ObjectKeyFromObject(user), user)
		}).Should(BeReady())
	}
	for _, name := range []string{"helpdesk", "leads", "tokens"} {
		group := &v1alpha1.OrgGroup{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}}
		Eventually(func() (*v1alpha1.OrgGroup, error) {
			return group, env.Client.Get(ctx, client.ObjectKeyFromObject(group), group)
		}).Should(BeReady())
	}
	can := map[int]client.Object{
		0: &v1alpha1.Organization{}, 1: &v1alpha1.Organization{}, 2: &v1alpha1.Organization{}, 3: &v1alpha1.Workspace{},
		delegate: &v1alpha1.Organization{},
	}
	for column, object := range can {
		object.SetNamespace(namespace)
		object.SetName(namespace)
		if _, is := object.(*v1alpha1.Workspace); is {
			object.SetName("support")
		}
		Eventually(func() error {
			return columns[column].Patch(ctx, object, merge(`{"metadata":{"labels":{"probe":"x"}}}`), client.DryRunAll)
		}).Should(Succeed(), columns[column].username)
	}
	for _, column := range []int{0, 1, 2, delegate} {
		Eventually(func() error {
			return columns[column].Get(ctx, client.ObjectKey{Namespace: namespace, Name: "payment"}, &corev1.Secret{})
		}).Should(Succeed(), columns[column].username)
	}
	Eventually(func() error { return columns[4].List(ctx, &v1alpha1.OrgUserList{}, client.InNamespace(namespace)) }).Should(Succeed())
	Eventually(func() error {
		return columns[5].List(ctx, &corev1.ConfigMapList{}, client.InNamespace(namespace+"-support"))
	}).Should(Succeed())
	Eventually(func() error { return env.As(stray).List(ctx, &v1alpha1.OrgUserList{}, client.InNamespace(namespace)) }).Should(Succeed())
}

func merge(patch string) client.Patch {
	return client.RawPatch("application/merge-patch+json", []byte(patch))
}
