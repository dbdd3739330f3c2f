// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"fmt"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/testing/builders"
)

// kubectl runs kubectl and returns its output.
func kubectl(ctx SpecContext, args ...string) string {
	GinkgoHelper()
	out, _, err := env.Kubectl(ctx, args...)
	Expect(err).NotTo(HaveOccurred())
	return out
}

// words returns the words of the first line, in which kubectl prints the columns.
func words(out string) []string {
	first, _, _ := strings.Cut(out, "\n")
	return strings.Fields(first)
}

var _ = Describe("kubectl", func() {
	It("ORG-19 LMI-2 finds users by address, access, role and state", func(ctx SpecContext) {
		namespace := env.Namespace(ctx, "find")
		ana := builders.OrgUser(namespace, "ana").Email("ana@acme.example").Role(v1alpha1.RoleOrganizationAdmin).Obj()
		Expect(env.Client.Create(ctx, ana)).To(Succeed())
		Expect(env.Client.Create(ctx, builders.OrgUser(namespace, "eva").Email("eva@acme.example").Limited().Obj())).To(Succeed())
		ana.Status.Role, ana.Status.State = v1alpha1.RoleOrganizationAdmin, v1alpha1.UserActive
		Expect(env.Client.Status().Update(ctx, ana)).To(Succeed())
		for selector, found := range map[string]string{
			"spec.email=eva@acme.example":   "eva",
			"spec.access=Limited":           "eva",
			"spec.access=Full":              "ana",
			"status.role=OrganizationAdmin": "ana",
			"status.state=Active":           "ana",
			"status.state!=Active":          "eva",
		} {
			out := kubectl(ctx, "get", "ou", "-n", namespace, "--field-selector", selector, "-o", "name")
			Expect(strings.TrimSpace(out)).To(Equal("orguser.accounts.usher.dev/"+found), selector)
		}
	})

	It("finds the workspace that owns a namespace", func(ctx SpecContext) {
		namespace := env.Namespace(ctx, "find")
		for _, name := range []string{"support", "sales"} {
			workspace := builders.Workspace(namespace, name).Namespace("acme-" + name).Obj()
			Expect(env.Client.Create(ctx, workspace)).To(Succeed())
		}
		out := kubectl(ctx, "get", "ws", "-n", namespace, "--field-selector", "spec.namespace=acme-sales", "-o", "name")
		Expect(strings.TrimSpace(out)).To(Equal("workspace.accounts.usher.dev/sales"))
	})

	It("ORG-18 shows the columns of each kind by its short name, and all kinds by their category", func(ctx SpecContext) {
		namespace := env.Namespace(ctx, "columns")
		for _, object := range []client.Object{
			builders.Organization(namespace).Obj(),
			builders.OrgUser(namespace, "ana").Obj(),
			builders.Invitation(namespace, "team", "luis@acme.example").Obj(),
			builders.Workspace(namespace, "support").Obj(),
		} {
			Expect(env.Client.Create(ctx, object)).To(Succeed())
		}
		Expect(words(kubectl(ctx, "get", "org", "-n", namespace))).To(HaveExactElements(
			"NAME", "DISPLAY", "NAME", "USERS", "PENDING", "WORKSPACES", "READY", "REASON", "AGE"))
		Expect(words(kubectl(ctx, "get", "ou", "-n", namespace))).To(HaveExactElements(
			"NAME", "EMAIL", "ROLE", "STATE", "LAST-ACTIVE", "READY", "REASON", "AGE"))
		Expect(words(kubectl(ctx, "get", "inv", "-n", namespace))).To(HaveExactElements(
			"NAME", "ROLE", "TOTAL", "PENDING", "ACTIVE", "FAILED", "READY", "REASON", "AGE"))
		Expect(words(kubectl(ctx, "get", "ws", "-n", namespace))).To(HaveExactElements(
			"NAME", "DISPLAY", "NAME", "NAMESPACE", "MEMBERS", "READY", "REASON", "AGE"))
		Expect(words(kubectl(ctx, "get", "ou", "-n", namespace, "-o", "wide"))).To(HaveExactElements(
			"NAME", "EMAIL", "ROLE", "STATE", "LAST-ACTIVE", "READY", "REASON", "AGE", "DISPLAY-NAME", "ACCESS", "GROUPS", "WORKSPACES", "INVITED-BY"))
		Expect(words(kubectl(ctx, "get", "inv", "-n", namespace, "-o", "wide"))).To(HaveExactElements(
			"NAME", "ROLE", "TOTAL", "PENDING", "ACTIVE", "FAILED", "READY", "REASON", "AGE", "INVITED-BY", "GROUPS", "MODULES"))
		all := kubectl(ctx, "get", "usher", "-n", namespace, "-o", "name")
		Expect(strings.Fields(all)).To(ConsistOf(
			"organization.accounts.usher.dev/"+namespace, "orguser.accounts.usher.dev/ana",
			"invitation.accounts.usher.dev/team", "workspace.accounts.usher.dev/support"))
	})

	DescribeTable("explains fields", func(ctx SpecContext, field, text string) {
		Expect(kubectl(ctx, "explain", field)).To(ContainSubstring(text))
	},
		Entry(nil, "orguser.spec.role", "role is what the person may do in the organization"),
		Entry(nil, "orguser.status.lastActive", "Pending"),
		Entry(nil, "invitation.spec.emails", "addresses to invite"),
		Entry(nil, "workspace.spec.deletionPolicy", "what happens to that namespace"),
		Entry(nil, "organization.spec.delegates", "act with a role without being people"),
	)
})

var _ = Describe("Objects", func() {
	It("get their defaults at creation", func(ctx SpecContext) {
		namespace := env.Namespace(ctx, "defaults")
		user := builders.OrgUser(namespace, "ana").Obj()
		Expect(env.Client.Create(ctx, user)).To(Succeed())
		Expect(user.Spec.Access).To(Equal(v1alpha1.AccessFull))
		Expect(user.Spec.Onboarding).To(Equal(v1alpha1.OnboardingInvite))
		workspace := builders.Workspace(namespace, "support").DeletedWithNamespace().Obj()
		workspace.Spec.DeletionPolicy = ""
		workspace.Spec.DisplayName = "Soporte"
		Expect(env.Client.Create(ctx, workspace)).To(Succeed())
		Expect(workspace.Spec.DeletionPolicy).To(Equal(v1alpha1.DeletionRetain))
		organization := builders.Organization(namespace).DisplayName("Acme").Obj()
		Expect(env.Client.Create(ctx, organization)).To(Succeed())
		Expect(organization.Spec.DeletionProtection).To(Equal(v1alpha1.SwitchDisabled))
	})

	It("are created without the status that a user sends with the spec", func(ctx SpecContext) {
		user := builders.OrgUser(env.Namespace(ctx, "status"), "ana").Obj()
		user.Status.State = v1alpha1.UserActive
		Expect(env.Client.Create(ctx, user)).To(Succeed())
		Expect(user.Status.State).To(BeEmpty())
	})

	It("ORG-23 accept ten thousand members in a workspace", func(ctx SpecContext) {
		base := builders.Workspace(env.Namespace(ctx, "large"), "support").Obj()
		for i := range 10000 {
			address := fmt.Sprintf("person-number-%d@department.acme.example", i)
			base.Spec.Members = append(base.Spec.Members,
				v1alpha1.WorkspaceMember{Email: v1alpha1.MemberAddress(address), Access: v1alpha1.WorkspaceView})
		}
		Expect(env.Client.Create(ctx, base)).To(Succeed())
	})

	It("ORG-23 have no rules for the members of a workspace, which every write of its status would evaluate again", func(ctx SpecContext) {
		crd := &unstructured.Unstructured{}
		crd.SetGroupVersionKind(schema.GroupVersionKind{Group: "apiextensions.k8s.io", Version: "v1", Kind: "CustomResourceDefinition"})
		Expect(env.Client.Get(ctx, client.ObjectKey{Name: "workspaces.accounts.usher.dev"}, crd)).To(Succeed())
		versions, _, err := unstructured.NestedSlice(crd.Object, "spec", "versions")
		Expect(err).NotTo(HaveOccurred())
		version, is := versions[0].(map[string]any)
		Expect(is).To(BeTrue())
		entry, found, err := unstructured.NestedMap(version, "schema", "openAPIV3Schema", "properties", "spec", "properties", "members", "items")
		Expect(err).NotTo(HaveOccurred())
		Expect(found).To(BeTrue())
		Expect(entry).NotTo(HaveKey("x-kubernetes-validations"))
		Expect(entry).To(HaveKeyWithValue("properties", HaveKeyWithValue("email", Not(HaveKey("x-kubernetes-validations")))))
	})
})

var _ = Describe("Server-side apply", func() {
	It("merges the entries of two managers in every keyed list", func(ctx SpecContext) {
		namespace := env.Namespace(ctx, "apply")
		apply := func(manager, object string) {
			GinkgoHelper()
			_, _, err := env.KubectlInput(ctx, object, "apply", "-n", namespace, "--server-side", "--field-manager", manager, "-f", "-")
			Expect(err).NotTo(HaveOccurred())
		}
		const header = "{apiVersion: accounts.usher.dev/v1alpha1, "
		for manager, name := range map[string]string{"one": "a", "two": "b"} {
			apply(manager, fmt.Sprintf(header+`kind: OrgUser, metadata: {name: ana}, spec: {email: ana@acme.example, role: Member,
  workspaces: [{name: %[1]s, access: View}], modules: [%[1]s], groups: [%[1]s]}}`, name))
			apply(manager, fmt.Sprintf(header+`kind: Workspace, metadata: {name: support}, spec: {
  contacts: [{name: %[1]s}], devices: [{name: %[1]s}]}}`, name))
			apply(manager, fmt.Sprintf(header+`kind: Organization, metadata: {name: acme}, spec: {
  subscription: {modules: [{name: %[1]s, seats: 1}]}, delegates: [{username: %[1]s, role: Member}]}}`, name))
		}
		var user v1alpha1.OrgUser
		Expect(env.Client.Get(ctx, client.ObjectKey{Namespace: namespace, Name: "ana"}, &user)).To(Succeed())
		Expect(user.Spec.Workspaces).To(HaveLen(2))
		Expect(user.Spec.Modules).To(ConsistOf(BeEquivalentTo("a"), BeEquivalentTo("b")))
		Expect(user.Spec.Groups).To(HaveLen(2))
		var workspace v1alpha1.Workspace
		Expect(env.Client.Get(ctx, client.ObjectKey{Namespace: namespace, Name: "support"}, &workspace)).To(Succeed())
		Expect(workspace.Spec.Contacts).To(HaveLen(2))
		Expect(workspace.Spec.Devices).To(HaveLen(2))
		var organization v1alpha1.Organization
		Expect(env.Client.Get(ctx, client.ObjectKey{Namespace: namespace, Name: "acme"}, &organization)).To(Succeed())
		Expect(organization.Spec.Subscription.Modules).To(ConsistOf(
			v1alpha1.Module{Name: "a", Seats: ptr.To[int32](1)}, v1alpha1.Module{Name: "b", Seats: ptr.To[int32](1)}))
		Expect(organization.Spec.Delegates).To(HaveLen(2))
	})

	It("reports a conflict with the other manager of a field outside of lists", func(ctx SpecContext) {
		namespace := env.Namespace(ctx, "conflict")
		user := builders.OrgUser(namespace, "ana").Obj()
		Expect(env.Client.Create(ctx, user, client.FieldOwner("first"))).To(Succeed())
		_, _, err := env.KubectlInput(ctx, `{apiVersion: accounts.usher.dev/v1alpha1, kind: OrgUser, metadata: {name: ana},
  spec: {email: `+string(user.Spec.Email)+`, role: UserAdmin}}`, "apply", "-n", namespace, "--server-side", "-f", "-")
		Expect(err).To(MatchError(And(ContainSubstring(`"first"`), ContainSubstring(".spec.role"))))
		Expect(user.ManagedFields).To(ContainElement(HaveField("Operation", metav1.ManagedFieldsOperationUpdate)))
	})
})
