// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"regexp"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/testing/builders"
	. "github.com/usher-operator/usher/internal/testing/matchers"
)

// merge returns a merge patch.
func merge(patch string) client.Patch {
	return client.RawPatch("application/merge-patch+json", []byte(patch))
}

var _ = Describe("An administrator with kubectl", func() {
	It("WXP-1 WXP-2 reads and updates the company profile, except the customer ID", func(ctx context.Context) {
		org := organization(ctx)
		ana := "ana@" + org + ".example"
		update := func(patch string) error {
			_, _, err := env.KubectlAs(ctx, ana, "patch", "org", org, "-n", org, "--type=merge", "-p", `{"spec":{"profile":`+patch+`}}`)
			return err
		}
		sees := func() string {
			out, _, err := env.KubectlAs(ctx, ana, "get", "org", org, "-n", org, "-o", "jsonpath={.spec.profile}")
			Expect(err).NotTo(HaveOccurred())
			return out
		}
		Eventually(func() error {
			return update(`{"customerID":"C-7","displayName":"Acme S.A.","size":250,"timeZone":"Europe/Madrid",` +
				`"address":{"street":"Gran Vía 1","city":"Madrid","country":"ES"}}`)
		}).Should(Succeed())
		Expect(sees()).To(MatchJSON(`{"customerID":"C-7","displayName":"Acme S.A.","size":250,"timeZone":"Europe/Madrid",
			"address":{"street":"Gran Vía 1","city":"Madrid","country":"ES"}}`))
		Expect(update(`{"size":400,"timeZone":"Europe/Lisbon","address":{"street":"Rua Augusta 2","city":"Lisboa","country":"PT"}}`)).To(Succeed())
		Expect(sees()).To(MatchJSON(`{"customerID":"C-7","displayName":"Acme S.A.","size":400,"timeZone":"Europe/Lisbon",
			"address":{"street":"Rua Augusta 2","city":"Lisboa","country":"PT"}}`))
		Expect(update(`{"customerID":"C-8"}`)).To(MatchError(ContainSubstring("spec.profile.customerID")))
	})

	It("WXP-4 NOV-2 invites, lists, updates and removes team members", func(ctx context.Context) {
		org := organization(ctx)
		kim := "kim@" + org + ".example"
		as := env.As("ana@" + org + ".example")
		Eventually(func() error { return as.Create(ctx, builders.Invitation(org, "team", kim).Obj()) }).Should(Succeed())
		row := func(parts ...string) string {
			for n := range parts {
				parts[n] = regexp.QuoteMeta(parts[n])
			}
			return strings.Join(parts, `\s+`)
		}
		table := func() (string, error) {
			out, _, err := env.KubectlAs(ctx, "ana@"+org+".example", "get", "orgusers", "-n", org)
			return out, err
		}
		Eventually(table).Should(And(
			MatchRegexp(row("NAME", "EMAIL", "ROLE", "STATE", "LAST-ACTIVE", "READY", "REASON", "AGE")),
			MatchRegexp(row("ana@"+org+".example", "OrganizationAdmin", "Active")),
			MatchRegexp(regexp.QuoteMeta(kim)+`\s+(Member\s+)?Pending\s+Pending`)))
		accept(ctx, kim, "Kim")
		Eventually(table).Should(MatchRegexp(row(kim, "Member", "Active")))
		user := userOf(ctx, org, kim)
		Expect(as.Patch(ctx, user, merge(`{"spec":{"role":"Technician"}}`))).To(Succeed())
		Eventually(table).Should(MatchRegexp(row(kim, "Technician", "Active")))
		Expect(as.Delete(ctx, user)).To(Succeed())
		Eventually(table).ShouldNot(ContainSubstring(kim))
	})
})

var _ = Describe("A full account", func() {
	It("LMI-8 can be changed at any time", func(ctx context.Context) {
		org := organization(ctx)
		sam := builders.OrgUser(org, "sam").Existing().Obj()
		create(ctx, sam)
		awaitReady(ctx, sam)
		for _, name := range []string{"Sam Roe", "Sam Doe"} {
			Expect(env.Client.Patch(ctx, sam, merge(`{"spec":{"displayName":"`+name+`","phone":"+34600000001","avatarURL":"https://pictures.example/sam"}}`))).
				To(Succeed())
			Eventually(get(ctx, sam)).Should(And(BeReady(), HaveField("Status.DisplayName", name), HaveField("Status.State", v1alpha1.UserActive)))
		}
		Expect(env.Client.Patch(ctx, sam, merge(`{"spec":{"displayName":null}}`))).To(Succeed())
		Eventually(get(ctx, sam)).Should(HaveField("Status.DisplayName", "Sam Sam"), "derived again")
		Expect(env.Client.Patch(ctx, sam, merge(`{"spec":{"email":"other@acme.example"}}`))).To(Succeed())
		Eventually(get(ctx, sam)).Should(And(BeReady(), HaveField("Status.Email", "other@acme.example")))
	})

	It("LMI-13 NOV-1 is a single identity for all modules", func(ctx context.Context) {
		org := organization(ctx, func(o *v1alpha1.Organization) {
			o.Spec.Subscription.Modules = builders.Organization("").Module("desk", 1).Module("remote", 1).Obj().Spec.Subscription.Modules
		})
		sam := builders.OrgUser(org, "sam").Existing().Modules("desk", "remote").Workspace("support", v1alpha1.WorkspaceEdit).Obj()
		create(ctx, builders.Workspace(org, "support").Obj(), sam)
		Eventually(get(ctx, sam)).Should(And(BeReady(), HaveField("Status.Username", string(sam.Spec.Email)),
			HaveField("Status.Modules", ConsistOf(v1alpha1.ObjectName("desk"), v1alpha1.ObjectName("remote")))))
		for _, b := range bindingsOf(ctx, sam) {
			Expect(b.Subjects).To(ConsistOf(HaveField("Name", string(sam.Spec.Email))), b.Name)
		}
		for _, namespace := range []string{org, org + "-support"} {
			var accounts corev1.ServiceAccountList
			Expect(env.Client.List(ctx, &accounts, client.InNamespace(namespace))).To(Succeed())
			for _, account := range accounts.Items {
				Expect(account.ObjectMeta).To(Equal(metav1.ObjectMeta{
					Name: "default", Namespace: namespace, UID: account.UID, ResourceVersion: account.ResourceVersion,
					CreationTimestamp: account.CreationTimestamp,
				}), "created by Kubernetes")
			}
			var secrets corev1.SecretList
			Expect(env.Client.List(ctx, &secrets, client.InNamespace(namespace))).To(Succeed())
			Expect(secrets.Items).To(BeEmpty())
		}
	})
})
