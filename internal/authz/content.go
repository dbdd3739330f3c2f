// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package authz

import (
	"errors"
	"fmt"
	"time"

	"golang.org/x/text/language"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/emailaddr"
)

// CheckContent returns what is wrong with an object, whoever asks: the rules that the API's schema cannot express.
// Reconcilers call it as well, for objects that bypassed the webhooks.
func CheckContent(object metav1.Object) []Violation {
	switch o := object.(type) {
	case *v1alpha1.Organization:
		return checkOrganization(o)
	case *v1alpha1.OrgUser:
		return append(checkAddress("spec.email", o.Spec.Email), checkInvitee(o)...)
	case *v1alpha1.Invitation:
		return checkInvitation(o)
	case *v1alpha1.Workspace:
		return checkWorkspace(o)
	case *v1alpha1.OrgGroup:
		return checkGroup(o)
	default:
		return nil
	}
}

func checkOrganization(o *v1alpha1.Organization) []Violation {
	var found []Violation
	if o.Name != o.Namespace {
		found = append(found, invalid("metadata.name", "organization-named-after-namespace", o.Name, fmt.Sprintf(
			"an Organization is named after its namespace: name it %q, or create it in a namespace called %q. The name that people see is "+
				"spec.profile.displayName, which can be changed at any time", o.Namespace, o.Name)))
	}
	found = append(found, checkTimeZone("spec.profile.timeZone", o.Spec.Profile.TimeZone)...)
	found = append(found, checkCountry("spec.profile.address.country", o.Spec.Profile.Address.Country)...)
	found = append(found, checkCountry("spec.billing.address.country", o.Spec.Billing.Address.Country)...)
	found = append(found, checkLogo(o.Spec.Branding.Logo)...)
	if primary := o.Spec.PrimaryAdministrator; primary != nil {
		found = append(found, checkAddress("spec.primaryAdministrator.email", primary.Email)...)
	}
	found = append(found, checkContacts(o.Spec.Contacts)...)
	return append(found, checkLanguage("spec.settings.language", o.Spec.Settings.Language)...)
}

func checkInvitation(i *v1alpha1.Invitation) []Violation {
	found := checkLanguage("spec.language", i.Spec.Language)
	_, err := emailaddr.ParseList(i.Spec.Emails)
	var faults emailaddr.Faults
	if !errors.As(err, &faults) {
		return found
	}
	for _, fault := range faults {
		field := "spec.emails"
		if fault.Entry > 0 {
			field = fmt.Sprintf("spec.emails[%d]", fault.Entry-1)
		}
		found = append(found, invalid(field, "addresses-well-formed", "", fault.Message))
	}
	return found
}

func checkWorkspace(w *v1alpha1.Workspace) []Violation {
	found := checkLanguage("spec.settings.language", w.Spec.Settings.Language)
	found = append(found, checkMembers(w.Spec.Members)...)
	found = append(found, checkPortal(w)...)
	found = append(found, checkHours(w)...)
	found = append(found, checkContacts(w.Spec.Contacts)...)
	found = append(found, checkDevices(w)...)
	return append(found, checkNamespaceName(w)...)
}

func checkTimeZone(field string, zone v1alpha1.TimeZone) []Violation {
	if zone == "" {
		return nil
	}
	if _, err := time.LoadLocation(string(zone)); err == nil && zone != "Local" {
		return nil
	}
	return []Violation{invalid(field, "time-zone-known", string(zone),
		"is not in the IANA time zone database: use a name such as Europe/Madrid")}
}

func checkCountry(field string, country v1alpha1.CountryCode) []Violation {
	if country == "" || countries[string(country)] {
		return nil
	}
	return []Violation{invalid(field, "country-known", string(country),
		"is not an ISO 3166-1 alpha-2 country code: use a code such as ES")}
}

func checkLanguage(field string, tag v1alpha1.LanguageTag) []Violation {
	if tag == "" {
		return nil
	}
	if _, err := language.Parse(string(tag)); err == nil {
		return nil
	}
	return []Violation{invalid(field, "language-known", string(tag),
		"is not a known BCP 47 language tag: use a tag such as es or en-GB")}
}

func invalid(field, rule, value, message string) Violation {
	return Violation{Field: field, Reason: Invalid, Rule: rule, Value: value, Message: message}
}
