// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package scim_test

import (
	"encoding/json"
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/internal/scim"
)

func TestSCIM(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "SCIM")
}

const ana = `{
	"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],
	"externalId": "a1B2", "userName": "Ana@acme.example", "displayName": "Ana Pérez", "active": true,
	"name": {"givenName": "Ana", "familyName": "Pérez"},
	"emails": [{"value": "ana@acme.example", "type": "work", "primary": true}, {"value": "Ana@home.example", "type": "home"}],
	"phoneNumbers": [{"value": "+34 600 000 001", "type": "mobile"}],
	"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"department": "Sales", "manager": {"value": "u-2", "$ref": "../Users/u-2"}}
}`

const helpdesk = `{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "Helpdesk",
	"members": [{"value": "u-1"}, {"value": "u-2"}, {"value": "u-3"}]}`

func user(body string) scim.Resource {
	GinkgoHelper()
	r, err := scim.Users().Decode([]byte(body))
	Expect(err).NotTo(HaveOccurred())
	return r
}

func group(body string) scim.Resource {
	GinkgoHelper()
	r, err := scim.Groups().Decode([]byte(body))
	Expect(err).NotTo(HaveOccurred())
	return r
}

func written(v any) string {
	GinkgoHelper()
	body, err := json.Marshal(v)
	Expect(err).NotTo(HaveOccurred())
	return string(body)
}

// failure returns the error of the protocol that err is.
func failure(err error) *scim.Error {
	GinkgoHelper()
	Expect(err).To(HaveOccurred())
	e, ok := err.(*scim.Error) //nolint:errorlint // not wrapped
	Expect(ok).To(BeTrue(), "%T", err)
	return e
}
