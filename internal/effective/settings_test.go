// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package effective_test

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/testing/builders"
)

var _ = Describe("Settings", func() {
	organization := builders.Organization("acme").Settings(v1alpha1.OrganizationSettings{
		Language: "es", SessionRecording: v1alpha1.SwitchEnabled,
	})
	workspace := builders.Workspace("acme", "support")

	It("GTA-14 are the organization's unless the workspace sets them", func() {
		Expect(effective.SettingsInForce(organization.Obj(), workspace.Obj())).To(Equal([]v1alpha1.SettingStatus{
			{Name: "language", Value: "es", Origin: v1alpha1.OriginOrganization},
			{Name: "sessionRecording", Value: "Enabled", Origin: v1alpha1.OriginOrganization},
		}))
	})

	It("GTA-14 can be overridden in a workspace one by one", func() {
		w := workspace.With(func(w *v1alpha1.Workspace) { w.Spec.Settings.SessionRecording = v1alpha1.SwitchDisabled }).Obj()
		Expect(effective.SettingsInForce(organization.Obj(), w)).To(Equal([]v1alpha1.SettingStatus{
			{Name: "language", Value: "es", Origin: v1alpha1.OriginOrganization},
			{Name: "sessionRecording", Value: "Disabled", Origin: v1alpha1.OriginWorkspace},
		}))
		w.Spec.Settings.Language = "en"
		Expect(effective.SettingsInForce(organization.Obj(), w)[0]).To(Equal(
			v1alpha1.SettingStatus{Name: "language", Value: "en", Origin: v1alpha1.OriginWorkspace}))
	})

	It("have a default if nobody sets them", func() {
		for _, o := range []*v1alpha1.Organization{nil, builders.Organization("acme").Obj()} {
			Expect(effective.SettingsInForce(o, workspace.Obj())).To(Equal([]v1alpha1.SettingStatus{
				{Name: "language", Value: "en", Origin: v1alpha1.OriginDefault},
				{Name: "sessionRecording", Value: "Disabled", Origin: v1alpha1.OriginDefault},
			}))
		}
	})

	It("determine the language of an invitation: its own, else the organization's, else English", func() {
		Expect(effective.LanguageOf(organization.Obj(), "de")).To(Equal("de"))
		Expect(effective.LanguageOf(organization.Obj(), "")).To(Equal("es"))
		Expect(effective.LanguageOf(builders.Organization("acme").Obj(), "")).To(Equal("en"))
	})

	DescribeTable("GTA-14 determine the language of mails and pages about workspaces", func(requested, want string, languages ...string) {
		var workspaces []*v1alpha1.Workspace
		for _, language := range languages {
			workspaces = append(workspaces, workspace.With(func(w *v1alpha1.Workspace) {
				w.Spec.Settings.Language = v1alpha1.LanguageTag(language)
			}).Obj())
		}
		Expect(effective.LanguageOf(organization.Obj(), v1alpha1.LanguageTag(requested), workspaces...)).To(Equal(want))
	},
		Entry("that of the only workspace", "", "en", "en"),
		Entry("that of the workspaces if they agree", "", "en", "en", "en", "EN"),
		Entry("the organization's if the workspaces do not agree", "", "es", "en", "fr"),
		Entry("the organization's if only some workspaces override it", "", "es", "en", ""),
		Entry("the organization's if no workspace differs", "", "es", "", "es"),
		Entry("the requested one in every case", "de", "de", "en", "fr"),
	)

	It("determine how long a link is valid, a week by default", func() {
		Expect(effective.ValidityOf(builders.Organization("acme").Obj())).To(Equal(168 * time.Hour))
		o := builders.Organization("acme").Settings(v1alpha1.OrganizationSettings{InvitationValidityDays: 2}).Obj()
		Expect(effective.ValidityOf(o)).To(Equal(48 * time.Hour))
	})

	It("NOV-11 require the confirmation of an address unless they skip it", func() {
		Expect(effective.ConfirmationNeeded(builders.Organization("acme").Obj())).To(BeTrue())
		for confirmation, needed := range map[v1alpha1.Confirmation]bool{
			v1alpha1.ConfirmationRequired: true, v1alpha1.ConfirmationSkipped: false,
		} {
			o := builders.Organization("acme").Settings(v1alpha1.OrganizationSettings{EmailConfirmation: confirmation}).Obj()
			Expect(effective.ConfirmationNeeded(o)).To(Equal(needed))
		}
	})

	It("determine the time zone, UTC if there is none or an unknown one", func() {
		Expect(effective.LocationOf(inZone("Europe/Madrid")).String()).To(Equal("Europe/Madrid"))
		Expect(effective.LocationOf(inZone(""))).To(Equal(time.UTC))
		Expect(effective.LocationOf(inZone("Europe/Atlantis"))).To(Equal(time.UTC))
	})
})
