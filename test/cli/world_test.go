// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/testing/builders"
)

// organization creates an organization of its own for a spec, with a person for each role, named after it, and two workspaces. It returns
// the namespace.
func organization(ctx context.Context) string {
	GinkgoHelper()
	org := env.Namespace(ctx, "org")
	objects := []client.Object{
		builders.Organization(org).DisplayName("Acme").Module("desk", 3).Obj(),
		builders.OrgUser(org, "owner").Email(at("owner")).Role(v1alpha1.RoleOrganizationAdmin).Existing().Obj(),
		builders.OrgUser(org, "second").Email(at("second")).Role(v1alpha1.RoleOrganizationAdmin).Existing().Obj(),
		builders.OrgUser(org, "helper").Email(at("helper")).Role(v1alpha1.RoleUserAdmin).Existing().Obj(),
		builders.OrgUser(org, "payer").Email(at("payer")).Role(v1alpha1.RoleBillingAdmin).Existing().Obj(),
		builders.OrgUser(org, "member").Email(at("member")).Role(v1alpha1.RoleMember).Existing().Obj(),
		builders.Workspace(org, "support").Obj(),
		builders.Workspace(org, "sales").Obj(),
	}
	for _, o := range objects {
		Expect(env.Client.Create(ctx, o)).To(Succeed())
	}
	settle(ctx, org)
	Eventually(ctx, func(g Gomega) {
		o := &v1alpha1.Organization{}
		g.Expect(env.Client.Get(ctx, client.ObjectKey{Namespace: org, Name: org}, o)).To(Succeed())
		g.Expect(o.Status.Administrators).To(ConsistOf("owner", "second"))
	}).Should(Succeed())
	return org
}

// at returns the address, which is the user name, of a person of organization.
func at(name string) string { return name + "@acme.example" }

func get[T client.Object](ctx context.Context, namespace, name string, into T) T {
	GinkgoHelper()
	Expect(env.Client.Get(ctx, client.ObjectKey{Namespace: namespace, Name: name}, into)).To(Succeed())
	return into
}

func invitations(ctx context.Context, namespace string) []v1alpha1.Invitation {
	GinkgoHelper()
	list := &v1alpha1.InvitationList{}
	Expect(env.Client.List(ctx, list, client.InNamespace(namespace))).To(Succeed())
	return list.Items
}

// patch changes an object with a merge patch, whatever the operator does to it meanwhile.
func patch(ctx context.Context, o client.Object, changes string) {
	GinkgoHelper()
	Expect(env.Client.Patch(ctx, o, client.RawPatch(types.MergePatchType, []byte(changes)))).To(Succeed())
}
