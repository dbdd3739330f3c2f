// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"net/http"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/testing/builders"
	. "github.com/usher-operator/usher/internal/testing/matchers"
)

var _ = Describe("A workspace's namespace", func() {
	const enforce = "pod-security.kubernetes.io/enforce"

	label := func(w *v1alpha1.Workspace, labels ...string) *v1alpha1.Workspace {
		w.Labels = map[string]string{}
		for i := 0; i < len(labels); i += 2 {
			w.Labels[v1alpha1.NamespaceLabelPrefix+labels[i]] = labels[i+1]
		}
		return w
	}
	namespaceOf := func(w *v1alpha1.Workspace) *corev1.Namespace {
		return &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: w.Status.Namespace}}
	}
	have := func(labels ...string) OmegaMatcher {
		matchers := []OmegaMatcher{
			HaveKeyWithValue(v1alpha1.ManagedByLabel, v1alpha1.ManagedByValue), HaveKey(v1alpha1.LabelOrganization),
			HaveKeyWithValue(v1alpha1.LabelWorkspace, "support"),
			HaveLen(4 + len(labels)/2), // including kubernetes.io/metadata.name, which the API server sets
		}
		for i := 0; i < len(labels); i += 2 {
			matchers = append(matchers, HaveKeyWithValue(labels[i], labels[i+1]))
		}
		return HaveField("Labels", And(matchers...))
	}

	It("GTA-3 has the labels that its workspace requests and the operator allows, as long as they are requested", func(ctx context.Context) {
		org := organization(ctx)
		w := label(builders.Workspace(org, "support").Obj(), "team", "red", "pod-security.kubernetes.io_enforce", "restricted", "tier", "gold")
		w.TypeMeta = metav1.TypeMeta{APIVersion: v1alpha1.GroupVersion.String(), Kind: "Workspace"}
		Expect(apply(ctx, w)).To(ContainSubstring("metadata.labels[namespace.accounts.usher.dev/tier]: the label tier=gold is not " +
			"copied to the namespace, because the operator's --namespace-labels does not allow it"))
		awaitReady(ctx, w)
		n := namespaceOf(w)
		Eventually(get(ctx, n)).Should(have("team", "red", enforce, "restricted"))
		Eventually(func(g Gomega) {
			var events eventsv1.EventList
			g.Expect(env.Client.List(ctx, &events, client.InNamespace(org))).To(Succeed())
			g.Expect(events.Items).To(ContainElement(And(
				HaveField("Reason", v1alpha1.ReasonNamespaceLabelsRefused), HaveField("Regarding.Name", "support"),
				HaveField("Note", ContainSubstring("namespace.accounts.usher.dev/tier")))))
		}).Should(Succeed())

		edit(ctx, n, func(n *corev1.Namespace) { n.Labels["team"] = "blue" })
		Eventually(get(ctx, n)).Should(have("team", "red", enforce, "restricted"))
		edit(ctx, w, func(w *v1alpha1.Workspace) { label(w, "team", "green") })
		Eventually(get(ctx, n)).Should(have("team", "green"))
		edit(ctx, w, func(w *v1alpha1.Workspace) { w.Labels = nil })
		Eventually(get(ctx, n)).Should(And(have(), HaveField("Annotations", BeEmpty())))
	})

	It("GTA-3 stays in force when the API server refuses a label, which the workspace reports", func(ctx context.Context) {
		org := organization(ctx)
		w := label(builders.Workspace(org, "support").Obj(), "pod-security.kubernetes.io_enforce", "whatever")
		create(ctx, w)
		Eventually(get(ctx, w)).Should(HaveCondition("Ready", metav1.ConditionFalse, v1alpha1.ReasonFailed))
		Expect(w).To(And(KeepKstatus(), HaveField("Status.Namespace", org+"-support"),
			HaveField("Status.Conditions", ContainElement(HaveField("Message", ContainSubstring(enforce))))))
		Eventually(can(ctx, "ana@"+org+".example", "get", "pods", org+"-support")).Should(BeTrue())
		edit(ctx, w, func(w *v1alpha1.Workspace) { label(w, "pod-security.kubernetes.io_enforce", "baseline") })
		awaitReady(ctx, w)
		Eventually(get(ctx, namespaceOf(w))).Should(have(enforce, "baseline"))
	})

	It("GTA-3 loses access and settings while somebody has removed its labels", func(ctx context.Context) {
		org := organization(ctx)
		ana := "ana@" + org + ".example"
		w := builders.Workspace(org, "support").Obj()
		create(ctx, w)
		awaitReady(ctx, w)
		n, settings := namespaceOf(w), settingsOf(w)
		Eventually(can(ctx, ana, "get", "pods", n.Name)).Should(BeTrue())
		var labels map[string]string
		edit(ctx, n, func(n *corev1.Namespace) { labels, n.Labels = n.Labels, nil })
		Eventually(get(ctx, w)).Should(HaveCondition("Stalled", metav1.ConditionTrue, v1alpha1.ReasonNamespaceConflict))
		Eventually(can(ctx, ana, "get", "pods", n.Name)).Should(BeFalse())
		Eventually(gone(ctx, settings)).Should(Succeed())
		edit(ctx, n, func(n *corev1.Namespace) { n.Labels = labels })
		awaitReady(ctx, w)
		Eventually(can(ctx, ana, "get", "pods", n.Name)).Should(BeTrue())
		Eventually(get(ctx, settings)).Should(HaveField("Data", Not(BeEmpty())))
	})

	It("GTA-3 cannot be one that belongs to an organization with a longer name", func(ctx context.Context) {
		org := organization(ctx)
		create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: org + "-labs"}})
		labs := builders.Organization(org + "-labs").Obj()
		create(ctx, labs)
		awaitReady(ctx, labs)
		for _, namespace := range []string{org + "-labs", org + "-labs-x"} {
			Expect(env.As("ana@"+org+".example").Create(ctx, builders.Workspace(org, "x").Namespace(namespace).Obj())).To(And(
				BeRefused(http.StatusUnprocessableEntity, `belongs to organization "`+org+`-labs"`),
				HaveCause("spec.namespace", `set spec.namespace of workspace "x" to another name that starts with "`+org+`-"`)))
		}
		create(ctx, builders.Workspace(org, "x").Namespace(org+"-labsx").Obj())
	})

	It("GTA-3 is created only after an organization with a longer name, to which it belongs, is deleted", func(ctx context.Context) {
		name := env.Namespace(ctx, "org")
		w := builders.Workspace(name, "x").Namespace(name + "-labs-x").Obj()
		create(ctx, w, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name + "-labs"}})
		labs := builders.Organization(name + "-labs").Obj()
		create(ctx, labs)
		awaitReady(ctx, labs)
		create(ctx, builders.Organization(name).Obj())
		Eventually(get(ctx, w)).Should(HaveCondition("Stalled", metav1.ConditionTrue, v1alpha1.ReasonInvalidNamespace))
		Expect(w).To(And(KeepKstatus(), HaveField("Status.Namespace", BeEmpty()),
			HaveField("Status.Conditions", ContainElement(HaveField("Message", ContainSubstring(`organization "`+name+`-labs"`))))))
		Expect(apierrors.IsNotFound(env.Client.Get(ctx, client.ObjectKey{Name: name + "-labs-x"}, &corev1.Namespace{}))).To(BeTrue())
		Expect(env.Client.Delete(ctx, labs)).To(Succeed())
		awaitReady(ctx, w)
	})

	It("GTA-3 cannot be one of the cluster or the operator, whatever the name of the organization", func(ctx context.Context) {
		for _, c := range []struct{ organization, namespace, why string }{
			{"kube", "kube-public", `namespaces that start with "kube-" belong to the cluster`},
			{"openshift", "openshift-x", `namespaces that start with "openshift-" belong to the cluster`},
			{"usher", "usher-system", "is the namespace that the operator runs in"},
		} {
			w := builders.Workspace(c.organization, "x").Namespace(c.namespace).Obj()
			namespaceCalled(ctx, c.organization)
			Expect(env.Client.Create(ctx, w)).To(And(BeRefused(http.StatusUnprocessableEntity, c.why), HaveCause("spec.namespace", c.why)))
		}
	})

	It("GTA-3 can be marked as Usher's only by Usher and cluster administrators", func(ctx context.Context) {
		org := organization(ctx)
		w := builders.Workspace(org, "support").Obj()
		create(ctx, w, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: org + "-fake"}})
		awaitReady(ctx, w)
		mallory := mayChangeNamespaces(ctx, "mallory@"+org+".example")
		patch := func(namespace, metadata string, status bool) error {
			n := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}}
			p := client.RawPatch("application/merge-patch+json", []byte(`{"metadata":`+metadata+`}`))
			if status {
				return mallory.Status().Patch(ctx, n, p)
			}
			return mallory.Patch(ctx, n, p)
		}
		labels := "labels accounts.usher.dev/… say which workspace owns a namespace: only Usher and cluster administrators may " +
			"set, change or remove them. To get a namespace, create a Workspace"
		for _, status := range []bool{false, true} {
			for _, n := range []string{org + "-fake", org + "-support"} {
				Expect(patch(n, `{"labels":{"accounts.usher.dev/workspace":"other"}}`, status)).To(BeRefused(http.StatusForbidden, labels))
			}
			Expect(patch(org+"-support", `{"labels":{"accounts.usher.dev/workspace":null}}`, status)).To(BeRefused(http.StatusForbidden, labels))
			Expect(patch(org+"-support", `{"annotations":{"accounts.usher.dev/copied-labels":"team"}}`, status)).To(
				BeRefused(http.StatusForbidden, "annotations accounts.usher.dev/… on a namespace belong to Usher"))
			Expect(patch(org+"-support", `{"labels":{"team":"red"},"annotations":{"team":"red"}}`, status)).To(Succeed())
		}
		Expect(mallory.Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{
			Name: org + "-new", Labels: map[string]string{v1alpha1.LabelOrganization: org},
		}})).To(BeRefused(http.StatusForbidden, labels))
		Expect(mallory.Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: org + "-new"}})).To(Succeed())
	})

	It("GTA-4 that is retained belongs to the next workspace of the same name, and not to another one", func(ctx context.Context) {
		org := organization(ctx)
		w := builders.Workspace(org, "support").Obj()
		create(ctx, w, builders.Workspace(org, "second").Namespace(org+"-support").Obj())
		second := builders.Workspace(org, "second").Obj()
		Eventually(func(g Gomega) { // one of them gets the namespace
			g.Expect([]string{get(ctx, w)(g).Status.Namespace, get(ctx, second)(g).Status.Namespace}).To(ConsistOf(org+"-support", ""))
		}).Should(Succeed())
		winner, loser := w, second
		if w.Status.Namespace == "" {
			winner, loser = second, w
		}
		Eventually(get(ctx, loser)).Should(HaveCondition("Stalled", metav1.ConditionTrue, v1alpha1.ReasonNamespaceConflict))
		n := namespaceOf(winner)
		uid := get(ctx, n)(Default).UID
		Expect(env.Client.Delete(ctx, winner.DeepCopy())).To(Succeed())
		Eventually(gone(ctx, winner.DeepCopy())).Should(Succeed())
		Expect(get(ctx, loser)(Default)).To(HaveCondition("Stalled", metav1.ConditionTrue, v1alpha1.ReasonNamespaceConflict))
		create(ctx, builders.Workspace(org, winner.Name).Namespace(n.Name).Obj())
		awaitReady(ctx, builders.Workspace(org, winner.Name).Obj())
		Expect(get(ctx, n)(Default).UID).To(Equal(uid))
	})
})

// mayChangeNamespaces grants a user the right to create and change namespaces, and returns a client for this user.
func mayChangeNamespaces(ctx context.Context, username string) client.Client {
	GinkgoHelper()
	role := &rbacv1.ClusterRole{ObjectMeta: metav1.ObjectMeta{GenerateName: "namespaces-"}, Rules: []rbacv1.PolicyRule{{
		APIGroups: []string{""}, Resources: []string{"namespaces", "namespaces/status"}, Verbs: []string{"get", "create", "patch"},
	}}}
	create(ctx, role)
	create(ctx, &rbacv1.ClusterRoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: role.Name},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: role.Name},
		Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: username}},
	})
	Eventually(can(ctx, username, "patch", "namespaces", "")).Should(BeTrue())
	return env.As(username)
}
