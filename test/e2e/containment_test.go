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
	corev1ac "k8s.io/client-go/applyconfigurations/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/testing/builders"
	. "github.com/usher-operator/usher/internal/testing/matchers"
)

// What somebody could do who has the token of the operator's ServiceAccount: every request is a dry run with the operator's identity.
var _ = Describe("Whoever holds the operator's token", Ordered, ContinueOnFailure, func() {
	var org, workspace string
	var operator client.Client

	BeforeAll(func(ctx context.Context) {
		org = organization(ctx)
		w := builders.Workspace(org, "support").Obj()
		create(ctx, w)
		awaitReady(ctx, w)
		workspace = w.Status.Namespace
		var err error
		operator, err = client.New(env.OperatorConfig(), client.Options{Scheme: env.Scheme, Mapper: env.Client.RESTMapper()})
		Expect(err).NotTo(HaveOccurred())
	})

	It("cannot bind a ClusterRole of Kubernetes outside of workspaces, or touch RoleBindings that are not Usher's", func(ctx context.Context) {
		binding := func(namespace, name, clusterRole string) *rbacv1.RoleBinding {
			return &rbacv1.RoleBinding{
				ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name},
				RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: clusterRole},
				Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: "mallory"}},
			}
		}
		bind := func(namespace, name, clusterRole string) error {
			return operator.Create(ctx, binding(namespace, name, clusterRole), client.DryRunAll)
		}
		Expect(bind(workspace, "usher-mallory-admin", "admin")).To(Succeed())
		Expect(bind(org, "usher-mallory-usher-member", "usher-member")).To(Succeed())
		outside := BeRefused(http.StatusForbidden, "only in namespaces with the label accounts.usher.dev/workspace")
		for _, namespace := range []string{"kube-system", "usher-system", "default", org} {
			for _, clusterRole := range []string{"admin", "edit", "view"} {
				Expect(bind(namespace, "usher-mallory-"+clusterRole, clusterRole)).To(outside, namespace)
			}
		}
		Expect(bind(workspace, "mallory", "admin")).To(BeRefused(http.StatusForbidden, `whose names start with "usher-"`))
		foreign := binding(workspace, "foreign", "view")
		create(ctx, foreign)
		Expect(operator.Delete(ctx, foreign, client.DryRunAll)).To(BeRefused(http.StatusForbidden, `whose names start with "usher-"`))
	})

	It("cannot delete, change or mark a namespace that is not a workspace's", func(ctx context.Context) {
		foreign := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: org + "-foreign"}}
		create(ctx, foreign)
		label := func(namespace string, labels map[string]string) error {
			return operator.Apply(ctx, corev1ac.Namespace(namespace).WithLabels(labels), client.DryRunAll, client.FieldOwner("mallory"),
				client.ForceOwnership)
		}
		mine := map[string]string{v1alpha1.LabelOrganization: org, v1alpha1.LabelWorkspace: "foreign"}
		others := BeRefused(http.StatusForbidden, "only namespaces with the label accounts.usher.dev/workspace")
		Expect(operator.Delete(ctx, foreign.DeepCopy(), client.DryRunAll)).To(others)
		Expect(label(foreign.Name, map[string]string{"pod-security.kubernetes.io/enforce": "privileged"})).To(others)
		Expect(label(foreign.Name, mine)).To(others)
		Expect(label("kube-system", mine)).To(others)
		Expect(label(workspace, map[string]string{v1alpha1.LabelOrganization: "other"})).To(
			BeRefused(http.StatusForbidden, "never changes these labels"))
		Expect(label(workspace, map[string]string{"team": "blue"})).To(Succeed())
		Expect(operator.Delete(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: workspace}}, client.DryRunAll)).To(Succeed())
		fresh := func(name string, labels map[string]string) error {
			return operator.Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: labels}}, client.DryRunAll)
		}
		misnamed := BeRefused(http.StatusForbidden, "start with its organization's name")
		Expect(fresh(org+"-new", mine)).To(Succeed())
		Expect(fresh(org+"-new", nil)).To(misnamed)
		Expect(fresh("kube-new", mine)).To(misnamed)
	})
})

var _ = Describe("A platform identity's mistake", func() {
	label := func(ctx context.Context, name string) error {
		role := &rbacv1.ClusterRole{ObjectMeta: metav1.ObjectMeta{Name: name}}
		return env.Client.Patch(ctx, role, client.RawPatch("application/merge-patch+json",
			[]byte(`{"metadata":{"labels":{"`+v1alpha1.LabelGrantable+`":"true"}}}`)), client.DryRunAll)
	}

	It("GTA-10 cannot make the operator a cluster administrator by the label for modules", func(ctx context.Context) {
		for _, name := range []string{"cluster-admin", "system:node", "system:controller:namespace-controller"} {
			Expect(label(ctx, name)).To(BeRefused(http.StatusForbidden, "label a ClusterRole made for the module"), name)
		}
		for name, rule := range map[string]rbacv1.PolicyRule{
			"bind":        {APIGroups: []string{rbacv1.GroupName}, Resources: []string{"clusterroles"}, Verbs: []string{"bind"}},
			"escalate":    {APIGroups: []string{rbacv1.GroupName}, Resources: []string{"roles"}, Verbs: []string{"get", "escalate"}},
			"impersonate": {APIGroups: []string{""}, Resources: []string{"users"}, Verbs: []string{"impersonate"}},
			"everything":  {APIGroups: []string{"*"}, Resources: []string{"*"}, Verbs: []string{"*"}},
			"rbac":        {APIGroups: []string{rbacv1.GroupName}, Resources: []string{"*"}, Verbs: []string{"*"}},
		} {
			role := clusterRole(ctx, "mistake-"+name, false)
			edit(ctx, role, func(r *rbacv1.ClusterRole) { r.Rules = []rbacv1.PolicyRule{rule} })
			Expect(label(ctx, role.Name)).To(BeRefused(http.StatusForbidden, "label a narrower ClusterRole"), name)
		}
		narrow := clusterRole(ctx, "no-mistake", false)
		edit(ctx, narrow, func(r *rbacv1.ClusterRole) {
			r.Rules = []rbacv1.PolicyRule{{APIGroups: []string{"desk.example"}, Resources: []string{"*"}, Verbs: []string{"*"}}, {
				NonResourceURLs: []string{"/desk"}, Verbs: []string{"get"},
			}}
		})
		Expect(label(ctx, narrow.Name)).To(Succeed())
	})
})
