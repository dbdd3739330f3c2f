// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package effective_test

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/testing/builders"
)

var _ = Describe("Names for people", func() {
	It("are display names, else the names of the objects", func() {
		Expect(effective.OrganizationTitle(builders.Organization("acme").DisplayName("Acme S.A.").Obj())).To(Equal("Acme S.A."))
		Expect(effective.OrganizationTitle(builders.Organization("acme").Obj())).To(Equal("acme"))
		w := builders.Workspace("acme", "support")
		Expect(effective.WorkspaceTitle(w.Obj())).To(Equal("support"))
		Expect(effective.WorkspaceTitle(w.With(func(w *v1alpha1.Workspace) { w.Spec.DisplayName = "Soporte" }).Obj())).To(Equal("Soporte"))
	})

	It("of a user are the declared name, else the one given at registration, else one derived from the address", func() {
		registration := &v1alpha1.Registration{DisplayName: "Claire J."}
		claire := builders.OrgUser("acme", "claire").Email("claire.johnson@acme.example")
		declared := claire.With(func(u *v1alpha1.OrgUser) { u.Spec.DisplayName = "Dr. Johnson" }).Obj()
		Expect(effective.DisplayNameOf(declared, registration)).To(Equal("Dr. Johnson"))
		Expect(effective.DisplayNameOf(claire.Obj(), registration)).To(Equal("Claire J."))
		Expect(effective.DisplayNameOf(claire.Obj(), &v1alpha1.Registration{})).To(Equal("Claire Johnson"))
		Expect(effective.DisplayNameOf(claire.Obj(), nil)).To(Equal("Claire Johnson"))
	})

	It("of a Kubernetes user are the declared user name, else the address", func() {
		Expect(effective.Usernames{}.Of(builders.OrgUser("acme", "ana").Obj())).To(Equal("ana@acme.example"))
		Expect(effective.Usernames{}.Of(builders.OrgUser("acme", "ana").Username("oidc:ana").Obj())).To(Equal("oidc:ana"))
	})
})

var _ = Describe("A recipient's account", func() {
	accepted := metav1.NewTime(time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC))
	luis := builders.OrgUser("acme", "luis").With(func(u *v1alpha1.OrgUser) { u.CreationTimestamp = accepted })
	recipient := func(state v1alpha1.RecipientState) *v1alpha1.RecipientStatus {
		return &v1alpha1.RecipientStatus{Email: "Luis@acme.example", User: "luis", OnboardingStatus: v1alpha1.OnboardingStatus{
			State: state, AcceptanceTime: &accepted,
		}}
	}
	later := luis.With(func(u *v1alpha1.OrgUser) { u.CreationTimestamp = metav1.NewTime(accepted.Add(time.Second)) })

	It("ORG-28 is the OrgUser with the recipient's address, and nobody else's that has its name", func() {
		Expect(effective.IsAccountOf(luis.Obj(), recipient(v1alpha1.RecipientActive))).To(BeTrue())
		Expect(effective.IsAccountOf(luis.Email("eva@acme.example").Obj(), recipient(v1alpha1.RecipientActive))).To(BeFalse())
		Expect(effective.IsAccountOf(luis.Email("eva@acme.example").Obj(), recipient(v1alpha1.RecipientInvited))).To(BeFalse())
	})

	It("ORG-26 is not an OrgUser that is younger than the acceptance", func() {
		Expect(effective.IsAccountOf(later.Obj(), recipient(v1alpha1.RecipientActive))).To(BeFalse())
		Expect(effective.IsAccountOf(later.Obj(), recipient(v1alpha1.RecipientInvited))).To(BeTrue(), "invited again")
		unknown := recipient(v1alpha1.RecipientActive)
		unknown.AcceptanceTime = nil
		Expect(effective.IsAccountOf(later.Obj(), unknown)).To(BeTrue())
	})

	It("ORG-26 is the OrgUser with the recorded UID, and not one that was created in the second of the acceptance", func() {
		accepted := recipient(v1alpha1.RecipientActive)
		accepted.UserUID = "1"
		is := func(uid types.UID) bool {
			return effective.IsAccountOf(luis.With(func(u *v1alpha1.OrgUser) { u.UID = uid }).Obj(), accepted)
		}
		Expect(is("1")).To(BeTrue())
		Expect(is("2")).To(BeFalse())
		accepted.State = v1alpha1.RecipientInvited
		Expect(is("2")).To(BeTrue(), "invited again")
	})
})

var _ = Describe("A workspace's namespace", func() {
	It("is named after organization and workspace, or as requested", func() {
		Expect(effective.NamespaceOf(builders.Workspace("acme", "support").Obj())).To(Equal("acme-support"))
		Expect(effective.NamespaceOf(builders.Workspace("acme", "support").Namespace("acme-x").Obj())).To(Equal("acme-x"))
	})
})
