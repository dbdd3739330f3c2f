// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"net/http"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/testing/builders"
	. "github.com/usher-operator/usher/internal/testing/matchers"
)

// pagePaused is the page of a link to a paused organization.
var pagePaused = page{http.StatusServiceUnavailable, "Please come back later"}

var _ = Describe("A paused organization", func() {
	It("OPS-5 is left alone, says so at every change, and goes on when the pause is over", func(ctx context.Context) {
		i := newIntake(ctx)
		org, ana := i.org, "ana@"+i.org+".example"
		luis, eva := "luis@"+org+".example", "eva@"+org+".example"
		create(ctx, builders.OrgUser(org, "luis").Email(luis).Existing().Workspace("support", v1alpha1.WorkspaceEdit).Obj())
		Eventually(can(ctx, luis, "get", "pods", org+"-support")).Should(BeTrue())
		settle(ctx)
		since, paused := time.Now(), pausedSince()
		pauseOrganization(ctx, org)

		By("changing things")
		team := `{"apiVersion":"accounts.usher.dev/v1alpha1","kind":"Invitation","metadata":{"namespace":"` + org + `","name":"team"},` +
			`"spec":{"emails":["` + eva + `"],"role":"Member"}}`
		Expect(kubectl(ctx, team, "create", "--as="+ana, "-f", "-")).To(ContainSubstring("Warning: organization %q is paused: the change has no "+
			"effect, and nobody is mailed, until the platform team removes the annotation accounts.usher.dev/paused from namespace %q", org, org))
		Expect(kubectl(ctx, "", "delete", "--as="+ana, "-n", org, "--wait=false", "orguser", "luis")).To(ContainSubstring(
			"Warning: organization %q is paused: the object stays, with what it gives, until the platform team removes the annotation "+
				"accounts.usher.dev/paused from namespace %q or deletes the namespace", org, org))
		Expect(visit(ctx, usher.PortalURL+"/w/"+org+"/support")).To(Equal(http.StatusServiceUnavailable))
		Expect(i.knows()).To(MatchError(ContainSubstring("the organization of " + i.address + " is not ready: try again later")))
		settle(ctx)
		Expect(writesIn(ctx, org, since)).To(BeEmpty())
		Expect(can(ctx, luis, "get", "pods", org+"-support")(Default)).To(BeTrue())

		By("removing the annotation")
		resumeOrganization(ctx, org)
		mailTo(ctx, eva, "/i/")
		Eventually(can(ctx, luis, "get", "pods", org+"-support")).Should(BeFalse())
		Eventually(i.knows).Should(Succeed())
		Eventually(paused).Should(BeZero())
		Expect(visit(ctx, usher.PortalURL+"/w/"+org+"/support")).To(Equal(http.StatusOK))
	})

	It("OPS-5 cannot be paused or resumed by anybody but the platform", func(ctx context.Context) {
		org := organization(ctx)
		mallory := mayChangeNamespaces(ctx, "mallory@"+org+".example")
		patch := func(c client.Client, value string) error {
			n := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: org}}
			raw := []byte(`{"metadata":{"annotations":{"` + v1alpha1.AnnotationPaused + `":` + value + `}}}`)
			return c.Patch(ctx, n, client.RawPatch(types.MergePatchType, raw))
		}
		refused := BeRefused(http.StatusForbidden, "annotations accounts.usher.dev/… on a namespace belong to Usher")
		Expect(patch(mallory, `"true"`)).To(refused)
		Expect(patch(env.Client, `"true"`)).To(Succeed())
		for _, value := range []string{"null", `"false"`} {
			Expect(patch(mallory, value)).To(refused)
		}
		Expect(patch(env.Client, "null")).To(Succeed())
	})

	It("OPS-5 can be paused, and its namespaces and bindings restored, by a backup program that is bound to cluster-admin", func(ctx context.Context) {
		const velero = "system:serviceaccount:velero:velero-server"
		create(ctx, &rbacv1.ClusterRoleBinding{
			ObjectMeta: metav1.ObjectMeta{GenerateName: "velero-"},
			RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "cluster-admin"},
			Subjects:   []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Namespace: "velero", Name: "velero-server"}},
		})
		Eventually(can(ctx, velero, "restore", "organizations", "")).Should(BeTrue())
		org := env.Namespace(ctx, "org")
		c := env.As(velero)
		n := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: org + "-support", Labels: map[string]string{
			v1alpha1.LabelOrganization: org, v1alpha1.LabelWorkspace: "support", v1alpha1.ManagedByLabel: v1alpha1.ManagedByValue,
		}, Annotations: map[string]string{v1alpha1.AnnotationPaused: "true"}}}
		Expect(c.Create(ctx, n)).To(Succeed())
		resumeOrganization(ctx, n.Name)
		Expect(c.Create(ctx, &rbacv1.RoleBinding{
			ObjectMeta: metav1.ObjectMeta{Namespace: org, Name: "usher-nobody", Labels: map[string]string{v1alpha1.LabelOrganization: org}},
			RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "view"},
		})).To(Succeed())
	})

	It("OPS-5 is deleted together with its namespace, without a mail", func(ctx context.Context) {
		org, paused := organization(ctx), pausedSince()
		pauseOrganization(ctx, org)
		create(ctx, builders.Workspace(org, "support").Obj(), builders.Invitation(org, "team", "luis@"+org+".example").Obj())
		deleteNamespaces(ctx, org)
		Expect(mailIDs(org)).To(BeEmpty())
		Eventually(paused).Should(BeZero())
	})

	It("OPS-5 has a status that only the platform writes, with a warning when it is not paused", func(ctx context.Context) {
		org := organization(ctx)
		status := []string{"patch", "orguser", "ana", "-n", org, "--subresource=status", "--type=merge", "-p", `{"status":{"observedResend":"1"}}`}
		Expect(kubectl(ctx, "", status...)).To(ContainSubstring("Warning: organization %q is not paused: Usher may overwrite the status", org))
		pauseOrganization(ctx, org)
		Expect(kubectl(ctx, "", status...)).NotTo(ContainSubstring("Warning"))
		_, _, err := env.KubectlInput(ctx, "", "patch", "organization", org, "-n", org, "--subresource=status", "--type=merge", "-p",
			`{"status":{"administrators":[]}}`)
		Expect(err).To(MatchError(ContainSubstring("the list of administrators in force cannot be emptied; write a status that contains it")))
	})
})
