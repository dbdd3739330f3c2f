// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package authz

import (
	"fmt"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/emailaddr"
)

// checkContacts refuses addresses that the API's schema lets through, and a method that a contact lists twice.
func checkContacts(contacts []v1alpha1.Contact) []Violation {
	var found []Violation
	for n, c := range contacts {
		field := fmt.Sprintf("spec.contacts[%d]", n)
		found = append(found, checkAddress(field+".assignee", c.Assignee)...)
		places := make(map[v1alpha1.ContactMethod]int, len(c.Methods))
		for m, method := range c.Methods {
			key := method
			if method.Type == v1alpha1.MethodEmail {
				key.Value = emailaddr.Normalize(method.Value)
			}
			if place, listed := places[key]; listed {
				found = append(found, invalid(fmt.Sprintf("%s.methods[%d]", field, m), "method-listed-once", method.Value,
					fmt.Sprintf("is already listed as %s.methods[%d]: remove one of them", field, place)))
				continue
			}
			places[key] = m
			if method.Type == v1alpha1.MethodEmail {
				found = append(found, checkAddress(fmt.Sprintf("%s.methods[%d].value", field, m), v1alpha1.EmailAddress(method.Value))...)
			}
		}
	}
	return few(found)
}
