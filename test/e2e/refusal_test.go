// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/testing/builders"
	. "github.com/usher-operator/usher/internal/testing/matchers"
)

// refuseBindings has the API server refuse RoleBindings in a namespace, as a policy of whoever owns the namespace may do, until the
// returned function is called.
func refuseBindings(ctx context.Context, namespace string) (end func(context.Context)) {
	GinkgoHelper()
	name := "no-bindings." + namespace + ".example"
	policy := &admissionregistrationv1.ValidatingAdmissionPolicy{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec: admissionregistrationv1.ValidatingAdmissionPolicySpec{
			FailurePolicy: ptr.To(admissionregistrationv1.Fail),
			MatchConstraints: &admissionregistrationv1.MatchResources{
				NamespaceSelector: &metav1.LabelSelector{MatchLabels: map[string]string{corev1.LabelMetadataName: namespace}},
				ResourceRules: []admissionregistrationv1.NamedRuleWithOperations{{RuleWithOperations: admissionregistrationv1.RuleWithOperations{
					Operations: []admissionregistrationv1.OperationType{admissionregistrationv1.Create, admissionregistrationv1.Update},
					Rule: admissionregistrationv1.Rule{
						APIGroups: []string{"rbac.authorization.k8s.io"}, APIVersions: []string{"*"}, Resources: []string{"rolebindings"},
					},
				}}},
			},
			Validations: []admissionregistrationv1.Validation{{Expression: "false", Message: "no bindings here"}},
		},
	}
	binding := &admissionregistrationv1.ValidatingAdmissionPolicyBinding{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec: admissionregistrationv1.ValidatingAdmissionPolicyBindingSpec{
			PolicyName: name, ValidationActions: []admissionregistrationv1.ValidationAction{admissionregistrationv1.Deny},
		},
	}
	create(ctx, policy, binding)
	Eventually(func() error { // a policy takes effect a moment later
		return env.Client.Create(ctx, &rbacv1.RoleBinding{
			ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "probe"},
			RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "view"},
		}, client.DryRunAll)
	}).Should(MatchError(ContainSubstring("no bindings here")))
	return func(ctx context.Context) {
		Expect(env.Client.Delete(ctx, binding)).To(Succeed())
		Expect(env.Client.Delete(ctx, policy)).To(Succeed())
	}
}

var _ = Describe("A workspace whose namespace refuses RoleBindings", func() {
	It("ORG-2 keeps nobody out of the other workspaces, and is named in the person's conditions", func(ctx SpecContext) {
		org := organization(ctx)
		support, sales := builders.Workspace(org, "support").Obj(), builders.Workspace(org, "sales").Obj()
		create(ctx, support, sales)
		awaitReady(ctx, support)
		awaitReady(ctx, sales)
		end := refuseBindings(ctx, org+"-sales")
		luis := builders.OrgUser(org, "luis").Workspace("sales", v1alpha1.WorkspaceEdit).Workspace("support", v1alpha1.WorkspaceEdit).
			Existing().Obj()
		create(ctx, luis)
		username := string(luis.Spec.Email)

		Eventually(can(ctx, username, "create", "pods", org+"-support")).Should(BeTrue())
		Eventually(get(ctx, luis)).Should(Stand(v1alpha1.ConditionReconciling, "Failed"))
		Expect(luis.Status.Conditions).To(ContainElement(And(HaveField("Type", v1alpha1.ConditionReady), HaveField("Message",
			And(HavePrefix("RoleBinding usher-luis-edit in namespace "+org+"-sales: "), ContainSubstring("no bindings here"))))))
		Expect(can(ctx, username, "create", "pods", org+"-sales")(Default)).To(BeFalse())

		end(ctx)
		awaitReady(ctx, luis)
		Eventually(can(ctx, username, "create", "pods", org+"-sales")).Should(BeTrue())
	})
})
