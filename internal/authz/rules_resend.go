// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package authz

import (
	"fmt"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/emailaddr"
	"github.com/usher-operator/usher/internal/onboarding"
)

// maxResendFaults bounds what is said about one value of the annotation.
const maxResendFaults = 10

// judgeResend refuses to send again to addresses that are not the object's: nobody would get a mail (WXP-7). A value that stays is not
// judged, nor one in a new object: Git may keep the value of former times.
func judgeResend(r Request) []Violation {
	const key = v1alpha1.AnnotationResend
	if r.Operation != Update || r.Old.GetAnnotations()[key] == r.New.GetAnnotations()[key] {
		return nil
	}
	request := onboarding.ResendOf(r.New)
	listed, instead := resendable(r)
	if listed == nil {
		return nil
	}
	var found []Violation
	refuse := func(address, why string) {
		if len(found) < maxResendFaults {
			found = append(found, invalid("metadata.annotations["+key+"]", "resend-addresses", address, why))
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
