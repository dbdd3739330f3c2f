// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"net/http"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/testing/builders"
	. "github.com/usher-operator/usher/internal/testing/matchers"
)

var _ = Describe("The webhooks", func() {
	It("want an Organization to be named after its namespace", func(ctx context.Context) {
		namespace := env.Namespace(ctx, "org")
		o := builders.Organization("other").With(func(o *v1alpha1.Organization) { o.Namespace = namespace }).Obj()
		Expect(env.Client.Create(ctx, o)).To(And(
			BeRefused(http.StatusUnprocessableEntity, `an organization is named after its namespace: name it "`+namespace+`"`),
			HaveCause("metadata.name", "named after its namespace")))
	})

	It("tell everything that is wrong with the content at once, each with its field", func(ctx context.Context) {
		namespace := env.Namespace(ctx, "org")
		o := builders.Organization(namespace).With(func(o *v1alpha1.Organization) {
			o.Spec.Profile.TimeZone = "Europe/Atlantis"
			o.Spec.Profile.Address.Country = "XX"
		}).Obj()
		err := env.Client.Create(ctx, o)
		Expect(err).To(And(
			BeRefused(http.StatusUnprocessableEntity, ""),
			HaveCause("spec.profile.timeZone", `Invalid value: "Europe/Atlantis"`),
			HaveCause("spec.profile.address.country", `Invalid value: "XX"`)))
	})

	Context("in an organization", func() {
		var org string
		var as func(user string) client.Client

		BeforeEach(func(ctx context.Context) {
			org = organization(ctx)
			as = func(user string) client.Client { return env.As(user + "@" + org + ".example") }
			eva := builders.OrgUser(org, "eva").Role(v1alpha1.RoleUserAdmin).Existing().Obj()
			create(ctx, eva)
			awaitReady(ctx, eva)
		})

		It("ORG-15 refuse who has no role, even where Kubernetes would let them", func(ctx context.Context) {
			stray := "stray@elsewhere.example"
			_, errors, err := env.Kubectl(ctx, "create", "rolebinding", "stray", "-n", org, "--clusterrole=usher-user-admin", "--user="+stray)
			Expect(err).NotTo(HaveOccurred(), errors)
			i := builders.Invitation(org, "pal", "pal@"+org+".example").Obj()
			Eventually(func() error { return env.As(stray).Create(ctx, i.DeepCopy()) }).Should(BeRefused(http.StatusForbidden,
				`user "`+stray+`" has no active account in organization "`+org+`": ask one of its organization administrators for an invitation`))
		})

		It("ORG-9 ORG-12 let a user administrator give the role Member only, and say who could do more", func(ctx context.Context) {
			Expect(as("eva").Create(ctx, builders.Invitation(org, "pal", "pal@"+org+".example").Obj())).To(Succeed())
			Expect(as("eva").Create(ctx, builders.Invitation(org, "boss", "boss@"+org+".example").Role(v1alpha1.RoleBillingAdmin).Obj())).
				To(BeRefused(http.StatusForbidden, `user "eva@`+org+`.example" is UserAdmin in organization "`+org+
					`": only an OrganizationAdmin may set role "BillingAdmin"`))
			ana := &v1alpha1.OrgUser{ObjectMeta: metav1.ObjectMeta{Namespace: org, Name: "eva"}}
			Expect(as("eva").Patch(ctx, ana, client.RawPatch("application/merge-patch+json", []byte(`{"spec":{"role":"OrganizationAdmin"}}`)))).
				To(BeRefused(http.StatusForbidden, `only an OrganizationAdmin may set role "OrganizationAdmin"`))
		})

		It("let a delegate act with its role", func(ctx context.Context) {
			delegate := "system:serviceaccount:argocd:acme"
			o := &v1alpha1.Organization{ObjectMeta: metav1.ObjectMeta{Namespace: org, Name: org}}
			Expect(get(ctx, o)(Default).Spec.Delegates).To(BeEmpty())
			_, errors, err := env.Kubectl(ctx, "create", "rolebinding", "argocd", "-n", org, "--clusterrole=usher-organization-admin", "--user="+delegate)
			Expect(err).NotTo(HaveOccurred(), errors)
			i := builders.Invitation(org, "pal", "pal@"+org+".example").Role(v1alpha1.RoleTechnician).InvitedBy("ana@" + org + ".example").Obj()
			Eventually(func() error { return env.As(delegate).Create(ctx, i.DeepCopy()) }).Should(BeRefused(http.StatusForbidden, "no active account"))
			o.Spec.Delegates = []v1alpha1.Delegate{{Username: v1alpha1.Username(delegate), Role: v1alpha1.RoleOrganizationAdmin}}
			Expect(env.Client.Update(ctx, o)).To(Succeed())
			Eventually(func() error { return env.As(delegate).Create(ctx, i) }).Should(Succeed())
			Expect(i.Spec.InvitedBy).To(BeEquivalentTo("ana@"+org+".example"), "a delegate may name the inviter")
		})

		It("fill in who invites, keep it when an update leaves it out, and let nobody forge it", func(ctx context.Context) {
			i := builders.Invitation(org, "pal", "pal@"+org+".example").Obj()
			Expect(as("eva").Create(ctx, i)).To(Succeed())
			Expect(i.Spec.InvitedBy).To(BeEquivalentTo("eva@" + org + ".example"))

			apply := func(user, extra string) error {
				manifest := `{"apiVersion":"accounts.usher.dev/v1alpha1","kind":"Invitation","metadata":{"name":"pal","namespace":"` + org +
					`"},"spec":{"emails":["pal@` + org + `.example"],"role":"Member"` + extra + `}}`
				return as(user).Patch(ctx, i, client.RawPatch("application/apply-patch+yaml", []byte(manifest)),
					client.FieldOwner("gitops"), client.ForceOwnership)
			}
			Expect(apply("ana", `,"message":"Hello"`)).To(Succeed())
			Expect(i.Spec.Message).To(Equal("Hello"))
			Expect(i.Spec.InvitedBy).To(BeEquivalentTo("eva@" + org + ".example"))
			Expect(apply("eva", `,"invitedBy":"ana@`+org+`.example"`)).To(BeRefused(http.StatusForbidden,
				"only the platform's identities and delegates may name another inviter"))
			forged := builders.Invitation(org, "forged", "pal2@"+org+".example").InvitedBy("ana@" + org + ".example").Obj()
			Expect(as("eva").Create(ctx, forged)).To(BeRefused(http.StatusForbidden, "may name another inviter"))
		})
	})
})
