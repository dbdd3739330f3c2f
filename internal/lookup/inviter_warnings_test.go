// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package lookup

import (
	"context"
	"fmt"
	"slices"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/authz"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/testing/builders"
)

// sent returns an Invitation by an inviter with one recipient in a state.
func sent(name, inviter string, role v1alpha1.Role, state v1alpha1.RecipientState) *v1alpha1.Invitation {
	i := builders.Invitation("acme", name, "luis@acme.example").Role(role).InvitedBy(inviter).Obj()
	metav1.SetMetaDataAnnotation(&i.ObjectMeta, v1alpha1.AnnotationInviterKind, string(v1alpha1.InviterPerson))
	i.Status.ObservedGeneration = 1
	i.Status.Recipients = []v1alpha1.RecipientStatus{{Email: "luis@acme.example", OnboardingStatus: v1alpha1.OnboardingStatus{State: state}}}
	return i
}

var _ = Describe("An inviter", func() {
	const (
		ana   = "ana@acme.example"
		admin = v1alpha1.RoleOrganizationAdmin
	)
	bea := authz.Actor{Kind: authz.ActorPerson, Username: "bea@acme.example", Role: admin, User: "bea"}
	robot := authz.Actor{Kind: authz.ActorDelegate, Username: "system:serviceaccount:argocd:acme", Role: admin}
	before := func() *v1alpha1.OrgUser {
		u := active("ana", admin)
		u.Spec.Onboarding = v1alpha1.OnboardingNone
		return u
	}
	request := func(actor authz.Actor, old, requested metav1.Object) authz.Request {
		r := authz.Request{Operation: authz.Update, Actor: actor, Organization: "acme", Old: old, New: requested}
		r.Facts.Organization = acme("ana", "bea")
		return r
	}
	changed := func(change func(*v1alpha1.OrgUser)) authz.Request {
		after := before()
		change(after)
		return request(bea, before(), after)
	}
	removed := authz.Request{Operation: authz.Delete, Actor: bea, Organization: "acme", Old: before()}
	removed.Facts.Organization = acme("ana", "bea")

	stock := func(more ...client.Object) Reader {
		forPlatform := sent("platforms", ana, v1alpha1.RoleMember, v1alpha1.RecipientInvited)
		forPlatform.Annotations[v1alpha1.AnnotationInviterKind] = string(v1alpha1.InviterPlatform)
		return holding(append(slices.Clone(more), acme("ana", "bea"), before(), forPlatform,
			sent("leads", ana, v1alpha1.RoleTechnician, v1alpha1.RecipientInvited),
			sent("support", "Ana@Acme.Example", v1alpha1.RoleMember, v1alpha1.RecipientRegistered),
			sent("over", ana, v1alpha1.RoleMember, v1alpha1.RecipientActive),
			sent("others", "eva@acme.example", v1alpha1.RoleMember, v1alpha1.RecipientInvited))...)
	}
	const both = `2 open invitations of ana@acme.example lose their inviter, and nobody can accept them until you take them over. That keeps ` +
		`their links valid: kubectl patch invitation leads support -n acme --type=merge -p '{"spec":{"invitedBy":"bea@acme.example"}}'`

	DescribeTable("NOV-4 is warned about by whoever ends their authority over open Invitations",
		func(ctx context.Context, r authz.Request, warnings ...string) {
			Expect(stock().InviterWarnings(ctx, r)).To(HaveExactElements(warnings))
		},
		Entry("after a change of role", changed(func(u *v1alpha1.OrgUser) { u.Spec.Role = v1alpha1.RoleMember }), "spec.role: "+both),
		Entry("after a change to a role that may grant some",
			changed(func(u *v1alpha1.OrgUser) { u.Spec.Role = v1alpha1.RoleUserAdmin }),
			`spec.role: 1 open invitation of ana@acme.example loses its inviter, and nobody can accept it until you take it over. That keeps `+
				`its links valid: kubectl patch invitation leads -n acme --type=merge -p '{"spec":{"invitedBy":"bea@acme.example"}}'`),
		Entry("after a suspension", changed(func(u *v1alpha1.OrgUser) { u.Spec.Suspend = true }), "spec.suspend: "+both),
		Entry("after a removal", removed, both),
		Entry("but not after a change of address, after which what they have sent stays theirs",
			changed(func(u *v1alpha1.OrgUser) { u.Spec.Email = "ana.gil@acme.example" })),
		Entry("nor after any other change", changed(func(u *v1alpha1.OrgUser) { u.Spec.DisplayName = "Ana" })),
		Entry("nor after a user name that is not in what they have sent, which has their address",
			changed(func(u *v1alpha1.OrgUser) { u.Spec.Username = "corp:ana" })),
	)

	It("NOV-4 is warned about when the user name goes by which Invitations name them", func(ctx context.Context) {
		named, other := before(), before()
		named.Spec.Username, named.Status.Username, other.Spec.Username, other.Status.Username = "corp:ana", "corp:ana", "corp:gil", "corp:ana"
		reader := holding(acme("ana", "bea"), named, sent("leads", "corp:ana", v1alpha1.RoleTechnician, v1alpha1.RecipientPending))
		Expect(reader.InviterWarnings(ctx, request(bea, named, other))).To(HaveExactElements(HavePrefix(
			"spec.username: 1 open invitation of corp:ana loses its inviter")))
	})

	It("NOV-4 is not warned about when an OrgUser with the same address takes their place", func(ctx context.Context) {
		heir := builders.OrgUser("acme", "ana-gil").Email(ana).Role(admin).Existing().Obj()
		Expect(stock(heir).InviterWarnings(ctx, removed)).To(BeEmpty())
		lesser := builders.OrgUser("acme", "ana-gil").Email(ana).Role(v1alpha1.RoleUserAdmin).Existing().Obj()
		Expect(stock(lesser).InviterWarnings(ctx, removed)).To(HaveExactElements(ContainSubstring("kubectl patch invitation leads -n")))
		asked := builders.OrgUser("acme", "ana-gil").Email(ana).Role(admin).Obj()
		Expect(stock(asked).InviterWarnings(ctx, removed)).To(HaveExactElements(both), "who has to accept first")
		bare := removed
		bare.Facts.Organization = nil
		Expect(stock().InviterWarnings(ctx, bare)).To(BeEmpty(), "without an organization")
	})

	It("NOV-4 is warned about who gets the name of somebody who has sent Invitations, unless these wait for them", func(ctx context.Context) {
		waiting := sent("waiting", "gil@acme.example", v1alpha1.RoleMember, v1alpha1.RecipientPending)
		former := sent("team", "gil@acme.example", v1alpha1.RoleMember, v1alpha1.RecipientInvited)
		former.Status.Recipients[0].SendCount = 1
		gil := builders.OrgUser("acme", "gil").Email("Gil@acme.example").Obj()
		warned := HaveExactElements(`open invitations that were sent already name this user as the inviter, who answers for them from now on. ` +
			`If that is not intended, take them over: kubectl patch invitation team -n acme --type=merge -p '{"spec":{"invitedBy":"bea@acme.example"}}'`)
		Expect(stock(waiting, former).InviterWarnings(ctx, request(bea, nil, gil))).To(warned)
		Expect(stock(waiting).InviterWarnings(ctx, request(bea, nil, gil))).To(BeEmpty())
		Expect(stock(waiting, former).InviterWarnings(ctx, changed(func(u *v1alpha1.OrgUser) { u.Spec.Email = gil.Spec.Email }))).To(warned)
		Expect(stock(waiting, former).InviterWarnings(ctx, changed(func(u *v1alpha1.OrgUser) { u.Spec.Username = "gil@acme.example" }))).To(warned)
		elder := builders.OrgUser("acme", "elder").Email("gil@acme.example").Obj()
		Expect(stock(former, elder).InviterWarnings(ctx, request(bea, nil, gil))).To(BeEmpty(), "who waits for the address")
		gil.Status = v1alpha1.OrgUserStatus{State: v1alpha1.UserActive, Role: admin, Username: "gil@acme.example"}
		Expect(stock(former, gil).InviterWarnings(ctx, request(bea, gil, gil))).To(BeEmpty(), "who has sent it")
	})

	It("NOV-4 leaves a gap in the command for Git and the platform", func(ctx context.Context) {
		r := changed(func(u *v1alpha1.OrgUser) { u.Spec.Suspend = true })
		r.Actor = robot
		Expect(stock().InviterWarnings(ctx, r)).To(HaveExactElements(And(
			ContainSubstring("until somebody who may give the role takes them over"), HaveSuffix(`'{"spec":{"invitedBy":"<user name>"}}'`))))
	})

	It("NOV-4 is warned about who is a delegate that is removed or gets a lower role", func(ctx context.Context) {
		reader := stock(sent("argos", "argocd", v1alpha1.RoleMember, v1alpha1.RecipientInvited))
		gone, lowered, same := acme("ana"), acme("ana"), acme("ana")
		gone.Spec.Delegates = gone.Spec.Delegates[1:]
		lowered.Spec.Delegates[0].Role = v1alpha1.RoleTechnician
		same.Spec.DeletionProtection = v1alpha1.SwitchEnabled
		warned := HaveExactElements(`spec.delegates: 1 open invitation of argocd loses its inviter, and nobody can accept it until you take it over. ` +
			`That keeps its links valid: kubectl patch invitation argos -n acme --type=merge -p '{"spec":{"invitedBy":"bea@acme.example"}}'`)
		Expect(reader.InviterWarnings(ctx, request(bea, acme("ana"), gone))).To(warned)
		Expect(reader.InviterWarnings(ctx, request(bea, acme("ana"), lowered))).To(warned)
		Expect(reader.InviterWarnings(ctx, request(bea, acme("ana"), same))).To(BeEmpty())
	})

	It("NOV-4 with many open Invitations has a bounded warning that says how to find the others", func(ctx context.Context) {
		many := make([]client.Object, 0, maxExamined)
		for n := range maxExamined {
			many = append(many, sent(fmt.Sprintf("team-%03d", n), ana, v1alpha1.RoleMember, v1alpha1.RecipientInvited))
		}
		warnings, err := stock(many[:12]...).InviterWarnings(ctx, removed)
		Expect(err).NotTo(HaveOccurred())
		Expect(warnings).To(HaveExactElements(And(HavePrefix("14 open invitations"), ContainSubstring(" team-007 -n acme"),
			HaveSuffix(`, and then the others, which are in: kubectl get invitations -n acme --field-selector=spec.invitedBy="ana@acme.example"`))))
		Expect(stock(many...).InviterWarnings(ctx, removed)).To(HaveExactElements(HavePrefix("at least ")))
	})

	DescribeTable("NOV-4 who has no authority is warned about when they are named",
		func(ctx context.Context, inviter string, kind v1alpha1.InviterKind, warning OmegaMatcher) {
			i := sent("new", inviter, v1alpha1.RoleTechnician, v1alpha1.RecipientInvited)
			i.Annotations[v1alpha1.AnnotationInviterKind] = string(kind)
			reader := holding(acme("ana"), before(), active("tea", v1alpha1.RoleTechnician))
			Expect(reader.InviterWarnings(ctx, request(robot, nil, i))).To(warning)
			old := i.DeepCopy()
			Expect(reader.InviterWarnings(ctx, request(robot, old, i))).To(BeEmpty(), "an update that changes nothing of it")
			old.Spec.InvitedBy = "bea@acme.example"
			Expect(reader.InviterWarnings(ctx, request(robot, old, i))).To(warning)
		},
		Entry("", ana, v1alpha1.InviterPerson, BeEmpty()),
		Entry("because nobody has the name", "ghost@acme.example", v1alpha1.InviterPerson, HaveExactElements(
			`spec.invitedBy: nobody in force has the user name or the address "ghost@acme.example": nobody can accept until somebody has it who `+
				`may give what this Invitation gives`)),
		Entry("because of the role", "tea@acme.example", v1alpha1.InviterPerson, HaveExactElements(
			`spec.invitedBy: "tea@acme.example" is Technician and may not give what this Invitation gives: nobody can accept until you name `+
				`somebody who may`)),
		Entry("unless the platform answers for them", "ghost@acme.example", v1alpha1.InviterPlatform, BeEmpty()),
	)

	It("NOV-4 is found by a former address that has the prefix of user names", func(ctx context.Context) {
		moved := before()
		moved.Spec.Email, moved.Status.Email, moved.Status.Username = "gil@acme.example", "gil@acme.example", "oidc:gil@acme.example"
		moved.Status.FormerEmails = []string{ana}
		reader := holding(acme("ana"), moved, sent("leads", "oidc:"+ana, v1alpha1.RoleTechnician, v1alpha1.RecipientInvited)).
			WithUsernames(effective.Usernames{Prefix: "oidc:"})
		Expect(reader.InvitationsByInviter(ctx, moved)).To(HaveExactElements(HaveField("Name", "leads")))
	})
})
