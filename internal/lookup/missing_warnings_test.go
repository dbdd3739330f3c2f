// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package lookup

import (
	"context"
	"strconv"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/testing/builders"
)

var _ = Describe("A reference to something that does not exist", func() {
	DescribeTable("causes a warning", func(ctx context.Context, object client.Object, missing ...string) {
		reader := holding(acme("ana"), active("ana", v1alpha1.RoleOrganizationAdmin), builders.Workspace("acme", "support").Obj(),
			builders.OrgUser("acme", "sam").Groups("helpdesk").Obj(), builders.OrgGroup("acme", "night").Obj())
		Expect(reader.MissingReferenceWarnings(ctx, object)).To(HaveExactElements(missing))
	},
		Entry("no warning for an organization without references", acme()),
		Entry("no warning for a user if everything exists", builders.OrgUser("acme", "luis").Workspace("support", v1alpha1.WorkspaceEdit).Modules("desk").Obj()),
		Entry("for a user", builders.OrgUser("acme", "luis").Workspace("nowhere", v1alpha1.WorkspaceEdit).Modules("desk", "fax").Obj(),
			`spec.workspaces: there is no Workspace "nowhere" yet`, `spec.modules: the organization's subscription has no module "fax"`),
		Entry("WXP-7 no warning for a request to send again to a user whom an Invitation invites", invited("luis", "team")),
		Entry("WXP-7 for a request to send again to a user who is not invited",
			again(builders.OrgUser("acme", "luis").Existing().Obj()),
			`metadata.annotations[accounts.usher.dev/resend]: sends nothing, because this person is not invited: spec.onboarding is None, and `+
				`the account is in force without a mail`),
		Entry("WXP-7 no warning for a user who is invited without an Invitation", again(builders.OrgUser("acme", "luis").Obj())),
		Entry("WXP-7 no warning for an Invitation that is to be sent again", again(builders.Invitation("acme", "team", "a@acme.example").Obj())),
		Entry("WXP-7 for a request to send again to addresses that get no mail", func() client.Object {
			i := builders.Invitation("acme", "team", "a@acme.example, b@acme.example").Resend("a@acme.example B@acme.example c@acme.example @2").Obj()
			i.Status.Recipients = []v1alpha1.RecipientStatus{{
				Email: "b@acme.example", OnboardingStatus: v1alpha1.OnboardingStatus{State: v1alpha1.RecipientActive},
			}}
			return i
		}(),
			`metadata.annotations[accounts.usher.dev/resend]: b@acme.example has accepted already and gets no mail`,
			`metadata.annotations[accounts.usher.dev/resend]: c@acme.example is not in spec.emails and gets no mail`,
			`metadata.annotations[accounts.usher.dev/resend]: @2 is not in spec.emails and gets no mail`),
		Entry("WXP-7 for a request to send again on a kind that invites nobody", again(builders.Workspace("acme", "support").Obj()),
			`metadata.annotations[accounts.usher.dev/resend]: sends nothing, because this Workspace has no spec.portal, whose queue would `+
				`have an owner to ask: to send an invitation again, annotate the Invitation, or the OrgUser of one person`),
		Entry("WXP-7 for a request to send again on an Organization", again(acme()),
			`metadata.annotations[accounts.usher.dev/resend]: sends nothing on an Organization: to send an invitation again, annotate the `+
				`Invitation, or the OrgUser of one person`),
		Entry("WXP-7 no warning for a value that was acted on", func() client.Object {
			i := builders.Invitation("acme", "team", "a@acme.example").Resend("b@acme.example").Obj()
			i.Status.ObservedResend = "b@acme.example"
			return i
		}()),
		Entry("GTA-8 no warning for a Workspace whose queue's owner is to be asked again", again(builders.Workspace("acme", "support").With(
			func(w *v1alpha1.Workspace) {
				w.Spec.Portal = &v1alpha1.CustomerPortal{Title: "Help", QueueEmail: "cola@acme.example"}
			}).Obj())),
		Entry("DIR-4 for what an Organization maps groups to", func() client.Object {
			o := builders.Organization("acme").Module("desk", 1).Obj()
			o.Spec.Directory.Roles = []v1alpha1.GroupRole{{Group: "helpdesk", Role: v1alpha1.RoleTechnician}, {Group: "leads", Role: v1alpha1.RoleUserAdmin}}
			o.Spec.Directory.Modules = []v1alpha1.GroupModules{{Group: "night", Modules: []v1alpha1.ObjectName{"desk", "fax"}}}
			return o
		}(),
			`spec.directory.roles: there is no OrgGroup "leads", and nobody is in a group of that name yet`,
			`spec.directory.modules: the organization's subscription has no module "fax"`),
		Entry("for an Invitation", builders.Invitation("acme", "team", "a@acme.example").Workspace("nowhere", v1alpha1.WorkspaceEdit).Modules("fax").Obj(),
			`spec.workspaces: there is no Workspace "nowhere" yet`, `spec.modules: the organization's subscription has no module "fax"`),
		Entry("for a Workspace", builders.Workspace("acme", "sales").Member("SAM@acme.example", v1alpha1.WorkspaceEdit).
			Member("eva@acme.example", v1alpha1.WorkspaceEdit).Group("helpdesk", v1alpha1.WorkspaceView).Group("day", v1alpha1.WorkspaceView).Obj(),
			`spec.members: there is no user with the address eva@acme.example yet`, `spec.members: nobody is in the group "day" yet`),
		Entry("for a namespace without an organization", builders.Workspace("other", "sales").Obj(), `there is no Organization "other" in this namespace yet`),
	)

	DescribeTable("GTA-3 causes a warning if the namespace of a Workspace is another's", func(ctx context.Context, labelled, former string, warning ...string) {
		n := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "acme-support"}}
		if labelled != "" {
			n.Labels = effective.OwnerLabels(builders.Workspace("acme", labelled).Obj())
		}
		reader := holding(acme(), n)
		if former != "" {
			reader = holding(acme(), n, builders.Workspace("acme", former).Obj())
		}
		Expect(reader.MissingReferenceWarnings(ctx, builders.Workspace("acme", "helpdesk").Namespace("acme-support").Obj())).To(HaveExactElements(warning))
	},
		Entry("not its own", "helpdesk", ""),
		Entry("of a former name", "support", "support", `spec.namespace: namespace "acme-support" belongs to workspace "support": delete this `+
			`Workspace and create one with another spec.namespace. If this is that workspace under a new name, delete workspace "support", which `+
			`leaves the namespace behind. If only the name that people see is to change, set spec.displayName of workspace "support" instead`),
		Entry("left behind", "support", "", `spec.namespace: namespace "acme-support" was left behind by workspace "support", which no longer `+
			"exists: to continue with it here, ask a cluster administrator to run `kubectl label namespace acme-support "+
			"accounts.usher.dev/workspace=helpdesk --overwrite`; otherwise, delete this Workspace and create one with another spec.namespace"),
		Entry("foreign", "", "", `spec.namespace: namespace "acme-support" already exists and was not created by Usher, which never adopts a `+
			`namespace: delete this Workspace and create one with another spec.namespace, or delete the namespace`),
	)

	It("causes a limited number of warnings", func(ctx context.Context) {
		w := builders.Workspace("acme", "sales")
		for n := range 30 {
			w = w.Group("g"+string(rune('a'+n)), v1alpha1.WorkspaceView)
		}
		missing, err := holding(acme()).MissingReferenceWarnings(ctx, w.Obj())
		Expect(err).NotTo(HaveOccurred())
		Expect(missing).To(HaveLen(maxWarnings + 1))
		Expect(missing[maxWarnings]).To(Equal("and more"))
	})
})

var _ = Describe("Assignees who do not exist", func() {
	It("cause warnings, for contacts in both kinds and for devices", func(ctx context.Context) {
		reader := holding(acme(), active("eva", v1alpha1.RoleMember))
		o := acme()
		o.Spec.Contacts = []v1alpha1.Contact{{Name: "Guardia", Assignee: "x@acme.example"}, {Name: "Eva", Assignee: "eva@acme.example"}}
		contact := `spec.contacts: there is no user with the address x@acme.example yet: contact "Guardia" stays unassigned until there is`
		Expect(reader.MissingReferenceWarnings(ctx, o)).To(HaveExactElements(contact))
		w := builders.Workspace("acme", "a").Contact("Guardia", "x@acme.example").Device("a", "y@acme.example").Device("b", "Y@acme.example").
			Device("c", "eva@acme.example").Member("z@acme.example", v1alpha1.WorkspaceView).Obj()
		Expect(reader.MissingReferenceWarnings(ctx, w)).To(HaveExactElements(contact,
			"spec.devices: there is no user with the address y@acme.example: Usher will create a Limited account for it",
			"spec.members: there is no user with the address z@acme.example yet"))
	})

	It("cause no warning for the primary administrator of an organization that has no administrator yet", func(ctx context.Context) {
		o := acme()
		o.Spec.PrimaryAdministrator = &v1alpha1.PrimaryAdministrator{Email: "ana@acme.example"}
		o.Spec.Contacts = []v1alpha1.Contact{{Name: "Guardia", Assignee: "Ana@ACME.example"}}
		Expect(holding().MissingReferenceWarnings(ctx, o)).To(BeEmpty())
		o.Status.Administrators = []string{"bea"}
		Expect(holding().MissingReferenceWarnings(ctx, o)).To(ConsistOf(ContainSubstring("no user with the address Ana@ACME.example yet")))
	})

	It("LMI-4 cause no warning for a device of somebody outside the organization's mail domain", func(ctx context.Context) {
		o := acme()
		o.Spec.PrimaryAdministrator = &v1alpha1.PrimaryAdministrator{Email: "ana@acme.example"}
		w := builders.Workspace("acme", "a").Device("a", "customer@example.org").Device("b", "evva@ACME.example").Obj()
		Expect(holding(o).MissingReferenceWarnings(ctx, w)).To(ConsistOf(
			"spec.devices: there is no user with the address evva@ACME.example: Usher will create a Limited account for it"))
	})

	It("cause a limited number of warnings", func(ctx context.Context) {
		contacts, devices := builders.Workspace("acme", "a"), builders.Workspace("acme", "b")
		for n := range 30 {
			contacts = contacts.Contact(strconv.Itoa(n), strconv.Itoa(n)+"@acme.example")
			devices = devices.Device("d"+strconv.Itoa(n), strconv.Itoa(n)+"@acme.example")
		}
		for _, b := range []builders.WorkspaceBuilder{contacts, devices} {
			missing, err := holding(acme()).MissingReferenceWarnings(ctx, b.Member("z@acme.example", v1alpha1.WorkspaceView).Obj())
			Expect(err).NotTo(HaveOccurred())
			Expect(missing).To(HaveLen(maxWarnings + 1))
			Expect(missing[maxWarnings]).To(Equal("and more"))
		}
	})
})

// again returns an object with the annotation that asks for another mail.
func again(o client.Object) client.Object {
	o.SetAnnotations(map[string]string{v1alpha1.AnnotationResend: "1"})
	return o
}

// invited returns a user who came by an Invitation and for whom another mail is requested.
func invited(name, by string) client.Object {
	u := builders.OrgUser("acme", name).Obj()
	u.Labels = map[string]string{v1alpha1.LabelInvitation: by}
	return again(u)
}
