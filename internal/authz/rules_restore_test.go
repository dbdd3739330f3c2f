// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package authz_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/authz"
	"github.com/usher-operator/usher/internal/testing/builders"
)

// writing returns the request of an actor who writes a status.
func writing(actor authz.Actor, before, after metav1.Object) authz.Request {
	r := update(actor, before, after)
	r.Status = true
	return r
}

// administrators returns an organization with these administrators in force.
func administrators(names ...string) *v1alpha1.Organization {
	o := builders.Organization("acme").Obj()
	o.Status.Administrators = names
	return o
}

var _ = Describe("A status from a backup", func() {
	It("OPS-5 is written by the platform, in every kind, whatever the spec", func() {
		for _, kind := range kinds {
			Expect(authz.Judge(writing(platformActor, withMetadata(kind, kept()), withMetadata(kind, kept())))).To(BeEmpty(), kind)
		}
		Expect(authz.Judge(writing(platformActor, administrators(), administrators("ana", "bea")))).To(BeEmpty())
	})

	It("OPS-5 cannot be written by an actor without a role", func() {
		stranger := authz.Actor{Kind: authz.ActorNobody, Username: "eva@acme.example"}
		for _, kind := range kinds {
			Expect(rules(authz.Judge(writing(stranger, withMetadata(kind, kept()), withMetadata(kind, kept()))))).
				To(ContainElement("role-required"), kind)
		}
	})

	It("ORG-4 OPS-5 does not empty the list of administrators", func() {
		found := authz.Judge(writing(platformActor, administrators("ana"), administrators()))
		Expect(found).To(ConsistOf(And(
			HaveField("Rule", "administrators-kept"), HaveField("Field", "status.administrators"), HaveField("Reason", authz.Invalid),
			HaveField("Message", `user "kubernetes-admin" acts for the platform in organization "acme": `+
				"the list of administrators in force cannot be emptied; write a status that contains it"))))
	})
})

var _ = Describe("An Invitation from a backup", func() {
	saved := func(by string, kind v1alpha1.InviterKind) *v1alpha1.Invitation {
		i := from(by)
		metav1.SetMetaDataAnnotation(&i.ObjectMeta, v1alpha1.AnnotationInviterKind, string(kind))
		return i
	}

	DescribeTable("OPS-5 keeps its inviter and the authority that was recorded", func(by string, kind v1alpha1.InviterKind) {
		i, velero := saved(by, kind), platform("system:serviceaccount:velero:velero")
		Expect(authz.DefaultInviter(velero, nil, i, false)).To(BeEquivalentTo(by))
		Expect(authz.AdmittedInviterKind(velero, authz.Actor{Kind: authz.ActorNobody}, nil, i)).To(Equal(kind))
	},
		Entry("of a person who is not restored yet", "ana@acme.example", v1alpha1.InviterPerson),
		Entry("of a delegate", "system:serviceaccount:argocd:acme", v1alpha1.InviterDelegate),
		Entry("of the platform, in nobody's name", "", v1alpha1.InviterPlatform),
	)

	It("OPS-5 takes nobody else's word for the authority", func() {
		for _, actor := range []authz.Actor{person("eva", userAdmin), delegate(userAdmin)} {
			i := saved(actor.Username, v1alpha1.InviterPlatform)
			Expect(authz.AdmittedInviterKind(actor, actor, nil, i)).To(Equal(authz.InviterKindOf(actor)))
		}
	})
})

var _ = Describe("That a person has accepted already", func() {
	saying := func(actor authz.Actor, role v1alpha1.Role) []authz.Violation {
		invited := builders.OrgUser("acme", "luis").Role(role).Obj()
		existing := builders.OrgUser("acme", "luis").Role(role).Existing().Obj()
		return authz.Judge(update(actor, invited, existing))
	}

	DescribeTable("OPS-5 ORG-12 is said by who manages the person, whose role is not in force after a restore without status",
		func(actor authz.Actor, role v1alpha1.Role, broken ...string) {
			Expect(rules(saying(actor, role))).To(Equal(broken))
		},
		Entry("an administrator, of anybody", person("ana", orgAdmin), orgAdmin),
		Entry("a user administrator, of a member", person("eva", userAdmin), member),
		Entry("a user administrator, not of an administrator", person("eva", userAdmin), orgAdmin, "members-only"),
		Entry("a user administrator, not of another one", person("eva", userAdmin), userAdmin, "members-only"),
		Entry("a technician, of nobody", person("tom", technician), member, "area-managed"),
		Entry("the platform, of anybody", platformActor, orgAdmin),
	)
})
