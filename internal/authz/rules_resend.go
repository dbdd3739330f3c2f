// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package authz

import (
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/emailaddr"
	"github.com/usher-operator/usher/internal/onboarding"
)

const (
	resendField = "metadata.annotations[" + v1alpha1.AnnotationResend + "]"
	// maxResendFaults bounds what is said about one value of the annotation.
	maxResendFaults = 10
)

// RequestsResend reports whether an update sets the annotation that asks for another mail to another value.
func (r Request) RequestsResend() bool {
	const key = v1alpha1.AnnotationResend
	return r.Operation == Update && !r.Status && r.New.GetAnnotations()[key] != "" &&
		r.Old.GetAnnotations()[key] != r.New.GetAnnotations()[key]
}

// judgeResend refuses a request to send again that nobody would get a mail by: because it names addresses that are not the object's, or
// because of how far the people have come (WXP-7). A value that stays is not judged, nor one in a new object: Git may keep the value of
// former times.
func judgeResend(r Request) []Violation {
	if !r.RequestsResend() {
		return nil
	}
	if found := judgeResendAddresses(r); len(found) > 0 {
		return found
	}
	var found []Violation
	for _, fault := range ResendFaults(r.New, r.Facts.Resend) {
		if len(found) < maxResendFaults {
			found = append(found, invalid(resendField, "resend-effect", fault.Value, fault.Why))
		}
	}
	return found
}

// judgeResendAddresses refuses addresses in the value that are not the object's.
func judgeResendAddresses(r Request) []Violation {
	request := onboarding.ResendOf(r.New)
	listed, instead := resendable(r)
	if listed == nil {
		return nil
	}
	var found []Violation
	refuse := func(address, why string) {
		if len(found) < maxResendFaults {
			found = append(found, invalid(resendField, "resend-addresses", address, why))
		}
	}
	for _, word := range request.Malformed {
		refuse(word, "is not an email address such as ana@acme.example, so nobody would get a mail: correct it")
	}
	for _, address := range request.Addresses {
		if !listed[address] {
			refuse(address, instead)
		}
	}
	return found
}

// resendable returns the addresses to which an object can be sent again, in their normal form, and what to do about another one. It
// returns nil for an object that invites nobody, or whose addresses cannot be read.
func resendable(r Request) (listed map[string]bool, instead string) {
	switch o := r.New.(type) {
	case *v1alpha1.OrgUser:
		return map[string]bool{emailaddr.Normalize(string(o.Spec.Email)): true}, fmt.Sprintf(
			"is not the address of this OrgUser, which is %s: leave it out", o.Spec.Email)
	case *v1alpha1.Invitation:
		people, err := emailaddr.ParseList(o.Spec.Emails)
		if err != nil {
			return nil, ""
		}
		listed = make(map[string]bool, len(people))
		for _, person := range people {
			listed[emailaddr.Normalize(person.Email)] = true
		}
		return listed, "is not in spec.emails of this Invitation: name addresses from there, or none to send to everybody who has not " +
			"accepted"
	}
	return nil, ""
}

// ResendFacts are what decides, besides an OrgUser itself, whether another mail can be sent to the person.
type ResendFacts struct {
	// Recipient is the person's among those of the Invitation that the OrgUser was created for. It is nil if there is none.
	Recipient *v1alpha1.RecipientStatus
	// Authorized is true if the inviter of that Invitation may still give what it gives. Inviter is their user name.
	Authorized bool
	Inviter    string
	// AddressOwner is another OrgUser that has the address, or "".
	AddressOwner string
}

// ResendFault is why a request to send again would send nothing. Value is the address, or else the value, that it is about.
type ResendFault struct{ Value, Why string }

// ResendFaults returns why the value of the annotation that asks for another mail would send nothing to somebody, or to anybody.
func ResendFaults(object metav1.Object, f ResendFacts) []ResendFault {
	request := onboarding.ResendOf(object)
	one := func(why string) []ResendFault {
		if why == "" {
			return nil
		}
		return []ResendFault{{request.Value(), why}}
	}
	switch o := object.(type) {
	case *v1alpha1.Invitation:
		if why := actedOn(request, o.Status.ObservedResend); why != "" {
			return one(why)
		}
		return invitationResendFaults(o, request)
	case *v1alpha1.OrgUser:
		return one(userResendFault(o, request, f))
	case *v1alpha1.Workspace:
		return one(queueResendFault(o, request))
	case *v1alpha1.OrgGroup:
		return one("sends nothing on an OrgGroup: " + resendElsewhere)
	default:
		return one("sends nothing on an Organization: " + resendElsewhere)
	}
}

// resendElsewhere says where a request to send an invitation again belongs.
const resendElsewhere = "to send an invitation again, annotate the Invitation, or the OrgUser of one person"

// actedOn says that a value was acted on before.
func actedOn(request onboarding.Resend, observed string) string {
	if request.Requested(observed) {
		return ""
	}
	return `was acted on already, and each value sends once: set another one, such as "$(date)"`
}
