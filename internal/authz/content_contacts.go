// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package authz

import (
	"fmt"

	"github.com/usher-operator/usher/api/v1alpha1"
)

// checkContacts refuses addresses that the API's schema lets through.
func checkContacts(contacts []v1alpha1.Contact) []Violation {
	var found []Violation
	for n, c := range contacts {
		field := fmt.Sprintf("spec.contacts[%d]", n)
		found = append(found, checkAddress(field+".assignee", c.Assignee)...)
		for m, method := range c.Methods {
			if method.Type == v1alpha1.MethodEmail {
				found = append(found, checkAddress(fmt.Sprintf("%s.methods[%d].value", field, m), v1alpha1.EmailAddress(method.Value))...)
			}
		}
	}
	return found
}
