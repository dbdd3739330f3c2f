// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"net/http"

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

var _ = Describe("A workspace", func() {
	var org string

	BeforeEach(func(ctx context.Context) { org = organization(ctx) })

	It("GTA-3 creates and labels its namespace, and recreates it when somebody deletes it", func(ctx context.Context) {
		w := builders.Workspace(org, "support").Obj()
		create(ctx, w)
		awaitReady(ctx, w)
		Expect(w.Status.Namespace).To(Equal(org + "-support"))
		n := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: w.Status.Namespace}}
		Expect(get(ctx, n)(Default).Labels).To(And(
			HaveKeyWithValue(v1alpha1.LabelOrganization, org), HaveKeyWithValue(v1alpha1.LabelWorkspace, "support")))
		first := n.UID
		Expect(env.Client.Delete(ctx, n)).To(Succeed())
		Eventually(get(ctx, n)).Should(And(HaveField("UID", Not(Equal(first))), HaveField("DeletionTimestamp", BeNil())))
		Eventually(can(ctx, "ana@"+org+".example", "delete", "pods", n.Name)).Should(BeTrue())
	})

	It("GTA-3 does not take over an existing namespace", func(ctx context.Context) {
		create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: org + "-taken"}})
		w := builders.Workspace(org, "taken").Obj()
		create(ctx, w)
		Eventually(get(ctx, w)).Should(HaveCondition("Stalled", metav1.ConditionTrue, v1alpha1.ReasonNamespaceConflict))
		Expect(w).To(And(KeepKstatus(), HaveField("Status.Namespace", BeEmpty())))
		Expect(can(ctx, "ana@"+org+".example", "get", "pods", org+"-taken")(Default)).To(BeFalse())
	})

	It("GTA-3 is refused if its namespace does not have the organization's prefix", func(ctx context.Context) {
		w := builders.Workspace(org, "support").Namespace("kube-system").Obj()
		Expect(env.Client.Create(ctx, w)).To(And(BeRefused(http.StatusUnprocessableEntity, `must start with "`+org+`-"`),
			HaveCause("spec.namespace", "organization's prefix")))
	})

	It("GTA-4 removes all access when it is deleted, and its namespace only with deletionPolicy Delete", func(ctx context.Context) {
		keep, drop := builders.Workspace(org, "keep").Obj(), builders.Workspace(org, "drop").DeletedWithNamespace().Obj()
		create(ctx, keep, drop)
		ana := "ana@" + org + ".example"
		for _, w := range []*v1alpha1.Workspace{keep, drop} {
			awaitReady(ctx, w)
			Eventually(can(ctx, ana, "get", "pods", w.Status.Namespace)).Should(BeTrue())
			Expect(env.Client.Delete(ctx, w.DeepCopy())).To(Succeed())
			Eventually(gone(ctx, w.DeepCopy())).Should(Succeed())
			var left rbacv1.RoleBindingList
			Expect(env.Client.List(ctx, &left, client.InNamespace(w.Status.Namespace),
				client.MatchingLabels{v1alpha1.ManagedByLabel: v1alpha1.ManagedByValue})).To(Succeed())
			Expect(left.Items).To(BeEmpty())
			Eventually(can(ctx, ana, "get", "pods", w.Status.Namespace)).Should(BeFalse(), "once the API server's authorizer knows")
		}
		Expect(env.Client.Get(ctx, client.ObjectKey{Name: org + "-keep"}, &corev1.Namespace{})).To(Succeed())
		Eventually(gone(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: org + "-drop"}})).Should(Succeed())
	})

	It("GTA-14 shows the settings in force and their origins", func(ctx context.Context) {
		w := builders.Workspace(org, "support").With(func(w *v1alpha1.Workspace) { w.Spec.Settings.Language = "es" }).Obj()
		create(ctx, w)
		awaitReady(ctx, w)
		Expect(w.Status.Settings).To(ConsistOf(
			v1alpha1.SettingStatus{Name: "language", Value: "es", Origin: v1alpha1.OriginWorkspace},
			v1alpha1.SettingStatus{Name: "sessionRecording", Value: "Disabled", Origin: v1alpha1.OriginDefault}))
	})

	It("ORG-23 LMI-9 grants members access by address and by group, the strongest of all sources", func(ctx context.Context) {
		sam := builders.OrgUser(org, "sam").Existing().Groups("helpdesk").Workspace("support", v1alpha1.WorkspaceView).Obj()
		w := builders.Workspace(org, "support").Group("helpdesk", v1alpha1.WorkspaceEdit).Obj()
		create(ctx, sam, w)
		Eventually(get(ctx, sam)).Should(HaveField("Status.Workspaces", ConsistOf(v1alpha1.WorkspaceGrantStatus{
			Name: "support", Access: v1alpha1.WorkspaceEdit, Origins: []v1alpha1.GrantOrigin{
				{Source: v1alpha1.GrantedByGroup, Group: "helpdesk", Access: v1alpha1.WorkspaceEdit},
				{Source: v1alpha1.GrantedByUser, Access: v1alpha1.WorkspaceView},
			},
		})))
		Eventually(get(ctx, w)).Should(HaveField("Status.Members", HaveValue(BeEquivalentTo(2))))
		edit(ctx, w, func(w *v1alpha1.Workspace) {
			w.Spec.Members = []v1alpha1.WorkspaceMember{{Email: v1alpha1.MemberAddress(sam.Spec.Email), Access: v1alpha1.WorkspaceAdmin}}
		})
		Eventually(get(ctx, sam)).Should(HaveField("Status.Workspaces", ConsistOf(v1alpha1.WorkspaceGrantStatus{
			Name: "support", Access: v1alpha1.WorkspaceAdmin, Origins: []v1alpha1.GrantOrigin{
				{Source: v1alpha1.GrantedByMember, Access: v1alpha1.WorkspaceAdmin},
				{Source: v1alpha1.GrantedByUser, Access: v1alpha1.WorkspaceView},
			},
		})))
		Eventually(can(ctx, string(sam.Spec.Email), "get", "secrets", org+"-support")).Should(BeTrue())
	})
})
