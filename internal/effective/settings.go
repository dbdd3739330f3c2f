// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package effective

import (
	"cmp"
	"strings"
	"time"

	"github.com/usher-operator/usher/api/v1alpha1"
)

// Defaults of the settings that an organization leaves open.
const (
	DefaultLanguage               = v1alpha1.LanguageTag("en")
	DefaultSessionRecording       = v1alpha1.SwitchDisabled
	DefaultInvitationValidityDays = 7
)

// LanguageOf gives the language of the mails and pages for somebody: the one that is wished, else the one in force in the
// workspaces that they are about if these agree, else the organization's (GTA-14).
func LanguageOf(o *v1alpha1.Organization, wished v1alpha1.LanguageTag, workspaces ...*v1alpha1.Workspace) string {
	if wished != "" {
		return string(wished)
	}
	organization := languageIn(o, v1alpha1.WorkspaceSettings{})
	if len(workspaces) == 0 {
		return organization
	}
	first := languageIn(o, workspaces[0].Spec.Settings)
	for _, w := range workspaces[1:] {
		if !strings.EqualFold(languageIn(o, w.Spec.Settings), first) {
			return organization
		}
	}
	return first
}

// languageIn gives the language in force where these settings override the organization's.
func languageIn(o *v1alpha1.Organization, override v1alpha1.WorkspaceSettings) string {
	return string(cmp.Or(override.Language, o.Spec.Settings.Language, DefaultLanguage))
}

// ValidityOf gives how long a link of the organization can be used.
func ValidityOf(o *v1alpha1.Organization) time.Duration {
	days := o.Spec.Settings.InvitationValidityDays
	if days == 0 {
		days = DefaultInvitationValidityDays
	}
	return time.Duration(days) * 24 * time.Hour
}

// ConfirmationNeeded tells whether a second mail confirms the address (NOV-11).
func ConfirmationNeeded(o *v1alpha1.Organization) bool {
	return o.Spec.Settings.EmailConfirmation != v1alpha1.ConfirmationSkipped
}

// LocationOf gives the organization's time zone; UTC when it has none or an unknown one.
func LocationOf(o *v1alpha1.Organization) *time.Location {
	if zone, err := time.LoadLocation(string(o.Spec.Profile.TimeZone)); err == nil {
		return zone
	}
	return time.UTC
}

// OrganizationTitle gives the organization's name for people.
func OrganizationTitle(o *v1alpha1.Organization) string {
	if o.Spec.Profile.DisplayName != "" {
		return string(o.Spec.Profile.DisplayName)
	}
	return o.Name
}

// WorkspaceTitle gives the workspace's name for people.
func WorkspaceTitle(w *v1alpha1.Workspace) string {
	if w.Spec.DisplayName != "" {
		return string(w.Spec.DisplayName)
	}
	return w.Name
}

// SettingsInForce gives the overridable settings in force in a workspace, with where each comes from (GTA-14).
func SettingsInForce(o *v1alpha1.Organization, w *v1alpha1.Workspace) []v1alpha1.SettingStatus {
	var wished v1alpha1.OrganizationSettings
	if o != nil {
		wished = o.Spec.Settings
	}
	return []v1alpha1.SettingStatus{
		setting("language", string(DefaultLanguage), string(wished.Language), string(w.Spec.Settings.Language)),
		setting("sessionRecording", string(DefaultSessionRecording), string(wished.SessionRecording),
			string(w.Spec.Settings.SessionRecording)),
	}
}

func setting(name, byDefault, organization, workspace string) v1alpha1.SettingStatus {
	switch {
	case workspace != "":
		return v1alpha1.SettingStatus{Name: name, Value: workspace, Origin: v1alpha1.OriginWorkspace}
	case organization != "":
		return v1alpha1.SettingStatus{Name: name, Value: organization, Origin: v1alpha1.OriginOrganization}
	default:
		return v1alpha1.SettingStatus{Name: name, Value: byDefault, Origin: v1alpha1.OriginDefault}
	}
}
