// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package effective

import (
	"cmp"
	"strings"
	"time"

	"github.com/usher-operator/usher/api/v1alpha1"
)

// Defaults of the settings that an organization does not set.
const (
	DefaultLanguage               = v1alpha1.LanguageTag("en")
	DefaultSessionRecording       = v1alpha1.SwitchDisabled
	DefaultInvitationValidityDays = 7
)

// LanguageOf returns the language of the mails and pages for a person: the requested one, else the one in force in the
// workspaces that they are about if these agree, else the organization's (GTA-14).
func LanguageOf(o *v1alpha1.Organization, requested v1alpha1.LanguageTag, workspaces ...*v1alpha1.Workspace) string {
	if requested != "" {
		return string(requested)
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

// languageIn returns the language in force where these settings override the organization's.
func languageIn(o *v1alpha1.Organization, override v1alpha1.WorkspaceSettings) string {
	return string(cmp.Or(override.Language, o.Spec.Settings.Language, DefaultLanguage))
}

// ValidityOf returns how long a link of the organization can be used.
func ValidityOf(o *v1alpha1.Organization) time.Duration {
	days := o.Spec.Settings.InvitationValidityDays
	if days == 0 {
		days = DefaultInvitationValidityDays
	}
	return time.Duration(days) * 24 * time.Hour
}

// ConfirmationNeeded reports whether a second mail has to confirm the address (NOV-11).
func ConfirmationNeeded(o *v1alpha1.Organization) bool {
	return o.Spec.Settings.EmailConfirmation != v1alpha1.ConfirmationSkipped
}

// TellsAccess reports whether an organization's people are told by mail when their access changes.
func TellsAccess(o *v1alpha1.Organization) bool {
	return o == nil || o.Spec.Settings.AccessMails != v1alpha1.AccessMailsNever
}

// LocationOf returns the organization's time zone, or UTC if it has none or an unknown one.
func LocationOf(o *v1alpha1.Organization) *time.Location {
	if zone, err := time.LoadLocation(string(o.Spec.Profile.TimeZone)); err == nil {
		return zone
	}
	return time.UTC
}

// SettingsInForce returns the overridable settings in force in a workspace, with the origin of each (GTA-14).
func SettingsInForce(o *v1alpha1.Organization, w *v1alpha1.Workspace) []v1alpha1.SettingStatus {
	var inherited v1alpha1.OrganizationSettings
	if o != nil {
		inherited = o.Spec.Settings
	}
	return []v1alpha1.SettingStatus{
		setting("language", string(DefaultLanguage), string(inherited.Language), string(w.Spec.Settings.Language)),
		setting("sessionRecording", string(DefaultSessionRecording), string(inherited.SessionRecording),
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
