// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package lookup

import (
	"fmt"
	"slices"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/authz"
	"github.com/usher-operator/usher/internal/emailaddr"
	"github.com/usher-operator/usher/internal/onboarding"
)

// resendWarnings says of the annotation that asks for another mail what it does not send (WXP-7). A value that was acted on is not worth a
// warning: Git may keep it. Whether it was, in the case of a user whom an Invitation invites, only the Invitation knows.
func resendWarnings(object client.Object) []string {
	request := onboarding.ResendOf(object)
	switch o := object.(type) {
	case *v1alpha1.Invitation:
		if request.Requested(o.Status.ObservedResend) {
			return resendAddressWarnings(o, request)
		}
		return nil
	case *v1alpha1.OrgUser:
		if o.Labels[v1alpha1.LabelInvitation] != "" || !request.Requested(o.Status.ObservedResend) {
			return nil
		}
	case *v1alpha1.Workspace:
		if !request.Requested(o.Status.Queue.ObservedResend) {
			return nil
		}
	}
	if request.Value() == "" {
		return nil
	}
	var warnings []string
	for _, fault := range authz.ResendFaults(object, authz.ResendFacts{}) {
		warnings = append(warnings, fmt.Sprintf("metadata.annotations[%s]: %s", v1alpha1.AnnotationResend, fault.Why))
	}
	return warnings
}

// resendAddressWarnings says which addresses in the annotation that asks for another mail get none. The list of the Invitation may have
// changed since they were named there.
func resendAddressWarnings(i *v1alpha1.Invitation, request onboarding.Resend) []string {
	people, err := emailaddr.ParseList(i.Spec.Emails)
	if err != nil {
		return nil // refused elsewhere
	}
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
