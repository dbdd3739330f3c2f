// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"net/http"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/testing/builders"
	. "github.com/usher-operator/usher/internal/testing/matchers"
)

var _ = Describe("A UserAdmin", func() {
	It("ORG-9 ORG-10 ORG-12 gets around no rule by generateName, server-side apply, deletecollection or a dry run", func(ctx context.Context) {
		org := organization(ctx)
		uma := builders.OrgUser(org, "uma").Role(v1alpha1.RoleUserAdmin).Existing().Obj()
		sam := builders.OrgUser(org, "sam").Existing().Obj()
		create(ctx, uma, sam)
		awaitReady(ctx, uma)
		awaitReady(ctx, sam)
		as := env.As(string(uma.Spec.Email))

		generated := builders.OrgUser(org, "").Email("new@" + org + ".example").Role(v1alpha1.RoleBillingAdmin).Existing().Obj()
		generated.GenerateName = "new-"
		onlyAdministrators := BeRefused(http.StatusForbidden, "only an OrganizationAdmin may set role")
		Expect(as.Create(ctx, generated.DeepCopy())).To(onlyAdministrators)
		Expect(as.Create(ctx, generated.DeepCopy(), client.DryRunAll)).To(onlyAdministrators)

		apply := func(name, role string) error {
			return as.Apply(ctx, client.ApplyConfigurationFromUnstructured(&unstructured.Unstructured{Object: map[string]any{
				"apiVersion": v1alpha1.GroupVersion.String(), "kind": "OrgUser",
				"metadata": map[string]any{"namespace": org, "name": name},
				"spec":     map[string]any{"email": name + "@" + org + ".example", "role": role},
			}}), client.FieldOwner("argocd-controller"), client.ForceOwnership)
		}
		Expect(apply("uma", "OrganizationAdmin")).To(BeRefused(http.StatusForbidden, "you cannot change your own role"))
		Expect(apply("sam", "Technician")).To(onlyAdministrators)
		Expect(apply("new", "Technician")).To(onlyAdministrators)

		all := func() error { return as.DeleteAllOf(ctx, &v1alpha1.OrgUser{}, client.InNamespace(org)) }
		Expect(all()).To(BeRefused(http.StatusForbidden, "cannot deletecollection"))
		mayDeleteAll(ctx, org, string(uma.Spec.Email))
		Expect(all()).To(BeRefused(http.StatusUnprocessableEntity, "is its last administrator in force and cannot be deleted"))
		for _, name := range []string{"ana", "uma"} {
			Expect(get(ctx, builders.OrgUser(org, name).Obj())(Default).DeletionTimestamp).To(BeNil(), name)
		}
	})
})

// mayDeleteAll grants a user the verb that no role of Usher's grants.
func mayDeleteAll(ctx context.Context, namespace, username string) {
	GinkgoHelper()
	meta := metav1.ObjectMeta{Namespace: namespace, Name: "delete-all"}
	create(ctx, &rbacv1.Role{ObjectMeta: meta, Rules: []rbacv1.PolicyRule{{
		APIGroups: []string{v1alpha1.GroupVersion.Group}, Resources: []string{"orgusers"}, Verbs: []string{"deletecollection"},
	}}}, &rbacv1.RoleBinding{
		ObjectMeta: meta, RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: "delete-all"},
		Subjects: []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: username}},
	})
	Eventually(can(ctx, username, "deletecollection", "orgusers", namespace)).Should(BeTrue())
}
