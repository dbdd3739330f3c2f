// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package lookup

import (
	"fmt"
	"slices"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/emailaddr"
	"github.com/usher-operator/usher/internal/onboarding"
)

// elsewhere says where a request to send an invitation again belongs.
const elsewhere = "annotate the Invitation, or the OrgUser if no Invitation invites the person"

// resendWarnings says where the annotation that asks for another mail belongs, if it has no effect where it is (WXP-7).
func resendWarnings(object client.Object) []string {
	if object.GetAnnotations()[v1alpha1.AnnotationResend] == "" {
		return nil
	}
	why := ""
	switch o := object.(type) {
	case *v1alpha1.Invitation:
		return resendAddressWarnings(o)
	case *v1alpha1.OrgUser:
		if effective.ChangesEmail(o) {
			return nil // it sends the mail to the new address again
		}
		if invited := o.Labels[v1alpha1.LabelInvitation]; invited != "" {
			why = fmt.Sprintf("annotate Invitation %q, which invites this person", invited)
		} else if o.Spec.Onboarding == v1alpha1.OnboardingNone {
			why = "this person is not invited, because spec.onboarding is None"
		}
	case *v1alpha1.Workspace:
		if o.Spec.Portal == nil { // otherwise it asks the owner of the queue again
			why = elsewhere
		}
	case *v1alpha1.Organization:
		why = elsewhere
	}
	if why == "" {
		return nil
	}
	return []string{fmt.Sprintf("metadata.annotations: %s has no effect here: %s", v1alpha1.AnnotationResend, why)}
}

// resendAddressWarnings says which addresses in the annotation that asks for another mail get none. The list of the Invitation may have
// changed since they were named there.
func resendAddressWarnings(i *v1alpha1.Invitation) []string {
	people, err := emailaddr.ParseList(i.Spec.Emails)
	if err != nil {
		return nil // refused elsewhere
	}
	request := onboarding.ResendOf(i)
	var warnings []string
	for _, address := range append(request.Addresses, request.Malformed...) {
		var why string
		switch recipient := Recipient(i, address); {
		case !slices.ContainsFunc(people, func(p emailaddr.Addressee) bool { return emailaddr.Same(p.Email, address) }):
			why = "is not in spec.emails"
		case recipient != nil && recipient.State == v1alpha1.RecipientActive:
			why = "has accepted already"
		default:
			continue
		}
		if len(warnings) >= maxWarnings {
			return append(warnings, andMore)
		}
		warnings = append(warnings, fmt.Sprintf("metadata.annotations[%s]: %s %s and gets no mail",
			v1alpha1.AnnotationResend, address, why))
	}
	return warnings
}
