// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"net/http"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/testing/builders"
	. "github.com/usher-operator/usher/internal/testing/matchers"
	"github.com/usher-operator/usher/internal/testing/testenv"
)

var _ = Describe("The webhooks", func() {
	It("require that an Organization is named after its namespace", func(ctx context.Context) {
		namespace := env.Namespace(ctx, "org")
		o := builders.Organization("other").With(func(o *v1alpha1.Organization) { o.Namespace = namespace }).Obj()
		Expect(env.Client.Create(ctx, o)).To(And(
			BeRefused(http.StatusUnprocessableEntity, `an Organization is named after its namespace: name it "`+namespace+`"`),
			HaveCause("metadata.name", "named after its namespace")))
	})

	It("report all invalid fields at once", func(ctx context.Context) {
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

	It("WXP-5 leave the inviter empty for a platform identity whose name the API reserves, and the organization invites", func(ctx context.Context) {
		org := organization(ctx, english)
		kim := "kim@" + org + ".example"
		i := builders.Invitation(org, "team", kim).Obj()
		Expect(env.As("system:admin", "system:masters").Create(ctx, i)).To(Succeed())
		Expect(i.Spec.InvitedBy).To(BeEmpty())
		Expect(look(ctx, newestLink(kim, "/i/", 1))).To(invited())
		awaitReady(ctx, i)
		accept(ctx, kim, "Kim")
		Eventually(get(ctx, userOf(ctx, org, kim))).Should(HaveField("Status.State", v1alpha1.UserActive))
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

		It("ORG-15 refuse users without a role, even if RBAC allows the request", func(ctx context.Context) {
			stray := "stray@elsewhere.example"
			_, errors, err := env.Kubectl(ctx, "create", "rolebinding", "stray", "-n", org, "--clusterrole=usher-user-admin", "--user="+stray)
			Expect(err).NotTo(HaveOccurred(), errors)
			i := builders.Invitation(org, "pal", "pal@"+org+".example").Obj()
			Eventually(func() error { return env.As(stray).Create(ctx, i.DeepCopy()) }).Should(BeRefused(http.StatusForbidden,
				`user "`+stray+`" has no active account in organization "`+org+
					`" and may not create invitations: ask an OrganizationAdmin for an invitation`))
		})

		It("ORG-9 ORG-12 allow a user administrator to grant the role Member only, and say who may do more", func(ctx context.Context) {
			Expect(as("eva").Create(ctx, builders.Invitation(org, "pal", "pal@"+org+".example").Obj())).To(Succeed())
			Expect(as("eva").Create(ctx, builders.Invitation(org, "boss", "boss@"+org+".example").Role(v1alpha1.RoleBillingAdmin).Obj())).
				To(BeRefused(http.StatusForbidden, `user "eva@`+org+`.example" is UserAdmin in organization "`+org+
					`": only an OrganizationAdmin may set role "BillingAdmin"`))
			eva := &v1alpha1.OrgUser{ObjectMeta: metav1.ObjectMeta{Namespace: org, Name: "eva"}}
			Expect(as("eva").Patch(ctx, eva, client.RawPatch("application/merge-patch+json", []byte(`{"spec":{"role":"OrganizationAdmin"}}`)))).
				To(BeRefused(http.StatusForbidden, "you cannot change your own role; an OrganizationAdmin can"))
		})

		It("ORG-24 refuse users who remove or suspend themselves or change their own role", func(ctx context.Context) {
			bea := builders.OrgUser(org, "bea").Role(v1alpha1.RoleOrganizationAdmin).Existing().Obj()
			create(ctx, bea)
			awaitReady(ctx, bea)
			Expect(as("bea").Delete(ctx, bea)).To(BeRefused(http.StatusForbidden, "you cannot remove yourself from the organization"))
			patch := func(spec string) error {
				return as("bea").Patch(ctx, bea.DeepCopy(), client.RawPatch("application/merge-patch+json", []byte(`{"spec":`+spec+`}`)))
			}
			Expect(patch(`{"role":"Member"}`)).To(BeRefused(http.StatusForbidden, "you cannot change your own role"))
			Expect(patch(`{"suspend":true}`)).To(BeRefused(http.StatusForbidden, "you cannot suspend yourself"))
			Expect(as("ana").Delete(ctx, bea)).To(Succeed(), "another administrator can")
		})

		It("refuse changes of fields that belong to Usher", func(ctx context.Context) {
			eva := &v1alpha1.OrgUser{ObjectMeta: metav1.ObjectMeta{Namespace: org, Name: "eva"}}
			get(ctx, eva)(Default)
			past := func(change func(*v1alpha1.OrgUser)) error {
				changed := eva.DeepCopy()
				change(changed)
				return env.Client.Update(ctx, changed)
			}
			Expect(past(func(u *v1alpha1.OrgUser) { u.Finalizers = nil })).To(Succeed())
			Expect(get(ctx, eva)(Default).Finalizers).To(ConsistOf(v1alpha1.Finalizer), "kept by the mutating webhook")
			get(ctx, eva)(Default).Labels = map[string]string{v1alpha1.LabelInvitation: "team"}
			Expect(as("ana").Update(ctx, eva)).
				To(BeRefused(http.StatusForbidden, "only Usher may change metadata.labels[accounts.usher.dev/invitation]"))
			Expect(past(func(u *v1alpha1.OrgUser) { u.Labels = map[string]string{"team": "blue"} })).To(Succeed())
			_, errors, err := env.Kubectl(ctx, "create", "role", "status", "-n", org, "--verb=update", "--resource=orgusers.accounts.usher.dev/status")
			Expect(err).NotTo(HaveOccurred(), errors)
			_, errors, err = env.Kubectl(ctx, "create", "rolebinding", "status", "-n", org, "--role=status", "--user=ana@"+org+".example")
			Expect(err).NotTo(HaveOccurred(), errors)
			get(ctx, eva)(Default).Status.Role = v1alpha1.RoleOrganizationAdmin
			Eventually(func() error { return as("ana").Status().Update(ctx, eva) }).
				Should(BeRefused(http.StatusForbidden, "only Usher may change status"))
		})

		It("warn about references to objects that do not exist", func(ctx context.Context) {
			i := `{"apiVersion":"accounts.usher.dev/v1alpha1","kind":"Invitation","metadata":{"name":"pal","namespace":"` + org +
				`"},"spec":{"emails":["pal@` + org + `.example"],"role":"Member","workspaces":[{"name":"nowhere","access":"View"}]}}`
			_, warnings, err := env.KubectlInput(ctx, i, "apply", "-f", "-")
			Expect(err).NotTo(HaveOccurred())
			Expect(warnings).To(ContainSubstring(`Warning: spec.workspaces: there is no Workspace "nowhere" yet`))
		})

		It("add the acting user, role and rule to the audit log", func(ctx context.Context) {
			since := time.Now()
			Expect(as("eva").Create(ctx, builders.Invitation(org, "boss", "boss@"+org+".example").Role(v1alpha1.RoleBillingAdmin).Obj())).
				NotTo(Succeed())
			events, err := env.Writes(ctx, since, func(e testenv.AuditEvent) bool { return e.Actor() == "eva@"+org+".example" })
			Expect(err).NotTo(HaveOccurred())
			Expect(events).To(ContainElement(HaveField("Annotations", And(
				HaveKeyWithValue("invitations.accounts.usher.dev/actor", "Person eva@"+org+".example"),
				HaveKeyWithValue("invitations.accounts.usher.dev/role", "UserAdmin"),
				HaveKeyWithValue("invitations.accounts.usher.dev/rule", "role-grantable")))))
		})

		It("WXP-5 allow a delegate what its role allows", func(ctx context.Context) {
			delegate := "system:serviceaccount:argocd:acme"
			o := &v1alpha1.Organization{ObjectMeta: metav1.ObjectMeta{Namespace: org, Name: org}}
			Expect(get(ctx, o)(Default).Spec.Delegates).To(BeEmpty())
			_, errors, err := env.Kubectl(ctx, "create", "rolebinding", "argocd", "-n", org, "--clusterrole=usher-organization-admin", "--user="+delegate)
			Expect(err).NotTo(HaveOccurred(), errors)
			i := builders.Invitation(org, "pal", "pal@"+org+".example").Role(v1alpha1.RoleTechnician).InvitedBy("ana@" + org + ".example").Obj()
			Eventually(func() error { return env.As(delegate).Create(ctx, i.DeepCopy()) }).Should(BeRefused(http.StatusForbidden, "no active account"))
			edit(ctx, o, func(o *v1alpha1.Organization) {
				o.Spec.Delegates = []v1alpha1.Delegate{{Username: v1alpha1.Username(delegate), Role: v1alpha1.RoleOrganizationAdmin}}
			})
			Eventually(func() error { return env.As(delegate).Create(ctx, i) }).Should(Succeed())
			Expect(i.Spec.InvitedBy).To(BeEquivalentTo("ana@"+org+".example"), "a delegate may name the inviter")
		})

		It("set the inviter, keep it on updates without it, and refuse a forged one", func(ctx context.Context) {
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
			Expect(i.Spec.InvitedBy).To(BeEquivalentTo("ana@"+org+".example"), "who changes what people read answers for it")
			Expect(i.Annotations).To(HaveKeyWithValue(v1alpha1.AnnotationInviterKind, "Person"))
			Expect(apply("eva", `,"message":"Hello","language":"es"`)).To(Succeed())
			Expect(i.Spec.InvitedBy).To(BeEquivalentTo("ana@"+org+".example"), "left out by an update that does not change that")
			Expect(apply("eva", `,"message":"Hello","language":"es","invitedBy":"bea@`+org+`.example"`)).To(BeRefused(http.StatusForbidden,
				"only platform identities and delegates may name an inviter other than"))
			forged := builders.Invitation(org, "forged", "pal2@"+org+".example").InvitedBy("ana@" + org + ".example").Obj()
			Expect(as("eva").Create(ctx, forged)).To(BeRefused(http.StatusForbidden, "may name an inviter other than"))
		})
	})
})
