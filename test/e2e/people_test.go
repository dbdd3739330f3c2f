// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"net/http"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/testing/builders"
	. "github.com/usher-operator/usher/internal/testing/matchers"
)

var _ = Describe("An organization", func() {
	It("WXP-3 without users invites its primary administrator, who becomes its first administrator", func(ctx context.Context) {
		name := env.Namespace(ctx, "org")
		email := "berta@" + name + ".example"
		o := builders.Organization(name).PrimaryAdministrator("Berta Sanz", email).Obj()
		create(ctx, o)
		berta := userOf(ctx, name, email)
		Expect(berta.Spec).To(And(HaveField("Role", v1alpha1.RoleOrganizationAdmin), HaveField("Onboarding", v1alpha1.OnboardingInvite)))
		accept(ctx, email, "Berta Sanz")
		Eventually(get(ctx, berta)).Should(And(BeReady(), HaveField("Status.Role", v1alpha1.RoleOrganizationAdmin)))
		Eventually(get(ctx, o)).Should(HaveField("Status.Administrators", ConsistOf(berta.Name)))
		Eventually(can(ctx, email, "create", "invitations", name)).Should(BeTrue())
	})

	It("WXP-3 replaces the user that it created for the primary administrator by a declared one", func(ctx context.Context) {
		name := env.Namespace(ctx, "org")
		email := "berta@" + name + ".example"
		create(ctx, builders.Organization(name).PrimaryAdministrator("Berta Sanz", email).Obj())
		made := userOf(ctx, name, email)
		declared := builders.OrgUser(name, "berta").Email(email).Role(v1alpha1.RoleOrganizationAdmin).Existing().Obj()
		create(ctx, declared)
		Eventually(gone(ctx, made)).Should(Succeed())
		awaitReady(ctx, declared)
	})

	It("ORG-4 refuses the removal of its last administrator, whoever requests it", func(ctx context.Context) {
		name := organization(ctx)
		ana := &v1alpha1.OrgUser{ObjectMeta: metav1.ObjectMeta{Namespace: name, Name: "ana"}}
		message := ` in organization "` + name + `": "ana" is its last administrator in force and cannot be `
		const advice = "; make somebody else OrganizationAdmin first"
		Expect(env.Client.Delete(ctx, ana)).To(BeRefused(http.StatusUnprocessableEntity, message+"deleted"+advice))
		patch := func(spec string) error {
			return env.Client.Patch(ctx, ana.DeepCopy(), client.RawPatch("application/merge-patch+json", []byte(`{"spec":`+spec+`}`)))
		}
		Expect(patch(`{"role":"Member"}`)).To(And(BeRefused(http.StatusUnprocessableEntity, message+"demoted"+advice), HaveCause("spec.role", message)))
		Expect(patch(`{"suspend":true}`)).To(And(BeRefused(http.StatusUnprocessableEntity, message+"suspended"+advice), HaveCause("spec.suspend", message)))
		Expect(patch(`{"displayName":"Ana Pérez"}`)).To(Succeed())
	})

	It("ORG-4 keeps its last administrator in force against requests past the webhooks until there is another one", func(ctx context.Context) {
		name := organization(ctx)
		ana := &v1alpha1.OrgUser{ObjectMeta: metav1.ObjectMeta{Namespace: name, Name: "ana"}}
		email := "ana@" + name + ".example"
		awaitReady(ctx, ana)
		ana.Spec.Suspend = true
		Expect(pastWebhooks().Update(ctx, ana)).To(Succeed())
		Eventually(get(ctx, ana)).Should(HaveCondition("Ready", metav1.ConditionFalse, v1alpha1.ReasonLastAdministrator))
		Expect(pastWebhooks().Delete(ctx, ana)).To(Succeed())
		Eventually(get(ctx, ana)).Should(HaveField("Status.ObservedGeneration", BeNumerically(">=", 3)))
		Expect(ana).To(And(HaveField("Status.State", v1alpha1.UserActive), KeepKstatus()))
		Expect(can(ctx, email, "create", "invitations", name)(Default)).To(BeTrue())

		create(ctx, builders.OrgUser(name, "bea").Role(v1alpha1.RoleOrganizationAdmin).Existing().Obj())
		Eventually(gone(ctx, ana)).Should(Succeed())
		Eventually(can(ctx, email, "create", "invitations", name)).Should(BeFalse())
		o := &v1alpha1.Organization{ObjectMeta: metav1.ObjectMeta{Namespace: name, Name: name}}
		Expect(get(ctx, o)(Default).Status.Administrators).To(ConsistOf("bea"))
	})

	It("ORG-25 cannot be deleted while it is protected, except with its namespace", func(ctx context.Context) {
		name := organization(ctx, func(o *v1alpha1.Organization) { o.Spec.DeletionProtection = v1alpha1.SwitchEnabled })
		o := &v1alpha1.Organization{ObjectMeta: metav1.ObjectMeta{Namespace: name, Name: name}}
		Expect(env.Client.Delete(ctx, o)).To(BeRefused(http.StatusUnprocessableEntity, "the organization is protected against deletion"))
		_, errors, err := env.Kubectl(ctx, "delete", "namespace", name, "--timeout=60s")
		Expect(err).NotTo(HaveOccurred(), errors)
	})

	It("ORG-3 removes everything that belongs to it when its administrator deletes it", func(ctx context.Context) {
		name := organization(ctx)
		w := builders.Workspace(name, "support").DeletedWithNamespace().Obj()
		i := builders.Invitation(name, "team", "luis@"+name+".example").Workspace("support", v1alpha1.WorkspaceView).Obj()
		create(ctx, w, i)
		mailTo(ctx, "luis@"+name+".example", "/i/")
		luis := userOf(ctx, name, "luis@"+name+".example")
		o := &v1alpha1.Organization{ObjectMeta: metav1.ObjectMeta{Namespace: name, Name: name}}
		Expect(env.As("ana@"+name+".example").Delete(ctx, o)).To(Succeed())
		ana := &v1alpha1.OrgUser{ObjectMeta: metav1.ObjectMeta{Namespace: name, Name: "ana"}}
		for _, belonging := range []client.Object{o, ana, luis, i, w} {
			Eventually(gone(ctx, belonging)).Should(Succeed())
		}
		Eventually(can(ctx, "ana@"+name+".example", "get", "orgusers", name)).Should(BeFalse())
	})

	It("WXP-5 grants its delegates the access of their role in its namespace while it lists them", func(ctx context.Context) {
		gitops := "system:serviceaccount:argocd:acme"
		name := organization(ctx, func(o *v1alpha1.Organization) {
			o.Spec.Delegates = []v1alpha1.Delegate{{Username: v1alpha1.Username(gitops), Role: v1alpha1.RoleUserAdmin}}
		})
		Eventually(can(ctx, gitops, "create", "invitations", name)).Should(BeTrue())
		o := &v1alpha1.Organization{ObjectMeta: metav1.ObjectMeta{Namespace: name, Name: name}}
		Expect(get(ctx, o)(Default).Status.Administrators).To(ConsistOf("ana"), "a delegate is not an administrator")
		edit(ctx, o, func(o *v1alpha1.Organization) { o.Spec.Delegates = nil })
		Eventually(can(ctx, gitops, "create", "invitations", name)).Should(BeFalse())
	})

	It("is deleted with its namespace, including its administrators", func(ctx context.Context) {
		name := organization(ctx)
		create(ctx, builders.Workspace(name, "support").Obj(),
			builders.Invitation(name, "team", "luis@"+name+".example").Workspace("support", v1alpha1.WorkspaceView).Obj())
		mailTo(ctx, "luis@"+name+".example", "/i/")
		_, errors, err := env.Kubectl(ctx, "delete", "namespace", name, "--timeout=60s")
		Expect(err).NotTo(HaveOccurred(), errors)
		var bindings rbacv1.RoleBindingList
		Expect(env.Client.List(ctx, &bindings, client.MatchingLabels{v1alpha1.LabelOrganization: name})).To(Succeed())
		Expect(bindings.Items).To(BeEmpty(), "nobody has access to retained namespaces")
	})
})

var _ = Describe("A user", func() {
	var org, space string

	BeforeEach(func(ctx context.Context) {
		org = organization(ctx)
		space = org + "-support"
		create(ctx, builders.Workspace(org, "support").Obj())
	})

	It("ORG-26 ORG-14 who is deleted loses access before the object is removed", func(ctx context.Context) {
		sam := builders.OrgUser(org, "sam").Existing().Workspace("support", v1alpha1.WorkspaceView).Obj()
		create(ctx, sam)
		awaitReady(ctx, sam)
		Eventually(can(ctx, string(sam.Spec.Email), "list", "pods", space)).Should(BeTrue())
		Expect(can(ctx, string(sam.Spec.Email), "delete", "pods", space)(Default)).To(BeFalse())
		Expect(env.Client.Delete(ctx, sam)).To(Succeed())
		Eventually(gone(ctx, sam)).Should(Succeed())
		Expect(bindingsOf(ctx, sam)).To(BeEmpty())
	})

	It("NOV-13 who is suspended stays listed without access, and regains it when resumed", func(ctx context.Context) {
		sam := builders.OrgUser(org, "sam").Existing().Workspace("support", v1alpha1.WorkspaceEdit).Obj()
		create(ctx, sam)
		awaitReady(ctx, sam)
		suspend := func(on bool) {
			Expect(env.Client.Patch(ctx, sam, client.RawPatch("application/merge-patch+json",
				[]byte(`{"spec":{"suspend":`+map[bool]string{true: "true", false: "false"}[on]+`}}`)))).To(Succeed())
		}
		suspend(true)
		Eventually(get(ctx, sam)).Should(And(BeReady(), HaveField("Status.State", v1alpha1.UserSuspended)))
		Expect(bindingsOf(ctx, sam)).To(BeEmpty())
		suspend(false)
		Eventually(get(ctx, sam)).Should(And(BeReady(), HaveField("Status.State", v1alpha1.UserActive)))
		Eventually(can(ctx, string(sam.Spec.Email), "delete", "pods", space)).Should(BeTrue())
	})

	It("keeps the access in force when somebody changes or deletes the bindings", func(ctx context.Context) {
		sam := builders.OrgUser(org, "sam").Existing().Workspace("support", v1alpha1.WorkspaceView).Obj()
		create(ctx, sam)
		awaitReady(ctx, sam)
		for _, b := range bindingsOf(ctx, sam) {
			if b.Namespace == space {
				b.Subjects[0].Name = "mallory@" + org + ".example"
				Expect(env.Client.Update(ctx, &b)).To(Succeed())
			} else {
				Expect(env.Client.Delete(ctx, &b)).To(Succeed())
			}
		}
		Eventually(func() []rbacv1.RoleBinding { return bindingsOf(ctx, sam) }).Should(And(HaveLen(2),
			HaveEach(HaveField("Subjects", ConsistOf(HaveField("Name", string(sam.Spec.Email)))))))
	})

	It("who is Admin of a workspace cannot change Usher's bindings or create similar ones", func(ctx context.Context) {
		sam := builders.OrgUser(org, "sam").Existing().Workspace("support", v1alpha1.WorkspaceAdmin).Obj()
		create(ctx, sam)
		awaitReady(ctx, sam)
		as := env.As(string(sam.Spec.Email))
		usher := "RoleBindings with the label accounts.usher.dev/organization or app.kubernetes.io/managed-by=usher belong to Usher"
		for _, b := range bindingsOf(ctx, sam) {
			if b.Namespace != space {
				continue
			}
			Eventually(func() error { return as.Delete(ctx, b.DeepCopy()) }).Should(BeRefused(http.StatusForbidden, usher))
			unlabelled := b.DeepCopy()
			unlabelled.Labels = nil
			Expect(as.Update(ctx, unlabelled)).To(BeRefused(http.StatusForbidden, usher))
		}
		own := &rbacv1.RoleBinding{
			ObjectMeta: metav1.ObjectMeta{Namespace: space, Name: "own"},
			RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "view"},
			Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: "friend@elsewhere.example"}},
		}
		Expect(as.Create(ctx, own)).To(Succeed())
		own.Labels = map[string]string{v1alpha1.LabelOrganization: org}
		Expect(as.Update(ctx, own)).To(BeRefused(http.StatusForbidden, usher))
	})

	It("NOV-7 with the role NotificationsOnly has no bindings", func(ctx context.Context) {
		sam := builders.OrgUser(org, "sam").Existing().Role(v1alpha1.RoleNotificationsOnly).
			Workspace("support", v1alpha1.WorkspaceView).Obj()
		create(ctx, sam)
		awaitReady(ctx, sam)
		Expect(bindingsOf(ctx, sam)).To(BeEmpty())
	})

	It("ORG-28 cannot have an address that is in force for another user of the organization", func(ctx context.Context) {
		sam := builders.OrgUser(org, "sam").Existing().Obj()
		create(ctx, sam)
		awaitReady(ctx, sam)
		twin := builders.OrgUser(org, "twin").Email(strings.ToUpper(string(sam.Spec.Email))).Existing().Obj()
		create(ctx, twin)
		Eventually(get(ctx, twin)).Should(HaveCondition("Ready", metav1.ConditionFalse, v1alpha1.ReasonDuplicateAddress))
		Expect(env.Client.Delete(ctx, sam)).To(Succeed())
		awaitReady(ctx, twin)
	})

	It("cannot have a Kubernetes user name that is in force for another user of the organization", func(ctx context.Context) {
		sam := builders.OrgUser(org, "sam").Existing().Obj()
		create(ctx, sam)
		awaitReady(ctx, sam)
		twin := builders.OrgUser(org, "twin").Username(string(sam.Spec.Email)).Role(v1alpha1.RoleUserAdmin).Existing().Obj()
		create(ctx, twin)
		Eventually(get(ctx, twin)).Should(HaveCondition("Ready", metav1.ConditionFalse, v1alpha1.ReasonDuplicateUsername))
		Expect(can(ctx, string(sam.Spec.Email), "create", "invitations", org)(Default)).To(BeFalse())
		edit(ctx, twin, func(u *v1alpha1.OrgUser) { u.Spec.Username = "twin" })
		awaitReady(ctx, twin)
	})

	It("keeps the user name in force when an older user requests it, who keeps their own", func(ctx context.Context) {
		mem := builders.OrgUser(org, "mem").Existing().Obj()
		create(ctx, mem)
		awaitReady(ctx, mem)
		bil := builders.OrgUser(org, "bil").Role(v1alpha1.RoleBillingAdmin).Existing().Obj()
		create(ctx, bil)
		awaitReady(ctx, bil)
		Expect(env.Client.Patch(ctx, mem, client.RawPatch("application/merge-patch+json",
			[]byte(`{"spec":{"username":"`+string(bil.Spec.Email)+`"}}`)))).To(Succeed())
		Eventually(get(ctx, mem)).Should(HaveCondition("Ready", metav1.ConditionFalse, v1alpha1.ReasonDuplicateUsername))
		Expect(mem.Status).To(And(HaveField("State", v1alpha1.UserActive), HaveField("Username", string(mem.Spec.Email))))
		Expect(get(ctx, bil)(Default).Status).To(And(HaveField("State", v1alpha1.UserActive), HaveField("Role", v1alpha1.RoleBillingAdmin)))
		Expect(env.As(string(bil.Spec.Email)).List(ctx, &v1alpha1.OrgUserList{}, client.InNamespace(org))).To(Succeed())
	})

	It("LMI-12 who is created for onboarding by invitation gets a mail from the organization", func(ctx context.Context) {
		kim := builders.OrgUser(org, "kim").Workspace("support", v1alpha1.WorkspaceEdit).Obj()
		create(ctx, kim)
		message, _ := mailTo(ctx, string(kim.Spec.Email), "/i/")
		Expect(message.Subject).To(ContainSubstring("Acme"))
		accept(ctx, string(kim.Spec.Email), "Kim")
		Eventually(get(ctx, kim)).Should(And(BeReady(), HaveField("Status.State", v1alpha1.UserActive)))
		Eventually(func() []string { return idsOf(string(kim.Spec.Email)) }).Should(HaveLen(3), "invitation, confirmation, welcome")
	})

	It("GTA-11 LMI-11 takes a seat of each module, waits if none is left, and gets the next free one", func(ctx context.Context) {
		o := &v1alpha1.Organization{ObjectMeta: metav1.ObjectMeta{Namespace: org, Name: org}}
		edit(ctx, o, func(o *v1alpha1.Organization) {
			o.Spec.Subscription.Modules = []v1alpha1.Module{{Name: "remote", Seats: ptr.To[int32](1)}}
		})
		first := builders.OrgUser(org, "first").Existing().Modules("remote").Obj()
		create(ctx, first)
		Eventually(get(ctx, first)).Should(And(BeReady(), HaveField("Status.Modules", ConsistOf(v1alpha1.ObjectName("remote")))))
		second := builders.OrgUser(org, "second").Existing().Modules("remote").Obj()
		create(ctx, second)
		Eventually(get(ctx, second)).Should(HaveCondition("Ready", metav1.ConditionFalse, v1alpha1.ReasonAwaitingSeat))
		Eventually(get(ctx, o)).Should(HaveField("Status.Modules", ConsistOf(And(
			HaveField("Used", HaveValue(BeEquivalentTo(1))), HaveField("Holders", ConsistOf("first"))))))
		Expect(env.Client.Delete(ctx, first)).To(Succeed())
		Eventually(get(ctx, second)).Should(And(BeReady(), HaveField("Status.Modules", ConsistOf(v1alpha1.ObjectName("remote")))))
	})

	It("LMI-1 LMI-2 with a Limited account has no role, access or seat", func(ctx context.Context) {
		guest := builders.OrgUser(org, "guest").Limited().Existing().Workspace("support", v1alpha1.WorkspaceView).Obj()
		create(ctx, guest)
		awaitReady(ctx, guest)
		Expect(guest.Status).To(And(HaveField("State", v1alpha1.UserActive), HaveField("Role", BeEmpty()), HaveField("Workspaces", BeEmpty())))
		Expect(bindingsOf(ctx, guest)).To(BeEmpty())
	})

	It("waits for a workspace that does not exist yet", func(ctx context.Context) {
		sam := builders.OrgUser(org, "sam").Existing().Workspace("later", v1alpha1.WorkspaceEdit).Obj()
		create(ctx, sam)
		Eventually(get(ctx, sam)).Should(HaveCondition("Ready", metav1.ConditionFalse, v1alpha1.ReasonWorkspacesMissing))
		create(ctx, builders.Workspace(org, "later").Obj())
		awaitReady(ctx, sam)
		Eventually(can(ctx, string(sam.Spec.Email), "create", "configmaps", org+"-later")).Should(BeTrue())
	})

	It("ORG-2 who is an administrator has access to every workspace, including later ones", func(ctx context.Context) {
		ana := "ana@" + org + ".example"
		Eventually(can(ctx, ana, "create", "rolebindings", space)).Should(BeFalse(), "the core group has no such resource")
		Eventually(can(ctx, ana, "delete", "secrets", space)).Should(BeTrue())
		create(ctx, builders.Workspace(org, "later").Obj())
		Eventually(can(ctx, ana, "delete", "secrets", org+"-later")).Should(BeTrue())
	})

	It("without an account has no access", func(ctx context.Context) {
		stranger := env.As("stranger@elsewhere.example")
		Expect(stranger.List(ctx, &v1alpha1.OrgUserList{}, client.InNamespace(org))).To(BeRefused(http.StatusForbidden, "cannot list"))
	})
})

func bindingsOf(ctx context.Context, u *v1alpha1.OrgUser) []rbacv1.RoleBinding {
	GinkgoHelper()
	var list rbacv1.RoleBindingList
	Expect(env.Client.List(ctx, &list, client.MatchingLabels{
		v1alpha1.LabelOrganization: u.Namespace, v1alpha1.LabelUser: u.Name,
	})).To(Succeed())
	return list.Items
}
