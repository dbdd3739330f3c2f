// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package matrix

import (
	"fmt"

	. "github.com/onsi/ginkgo/v2"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// takenOver names who asks as the inviter.
const takenOver = `{"spec":{"invitedBy":"$as"}}`

// notFrom are the results of naming another inviter, which only delegates may.
const (
	//              Org Bil Fin Use Tec Mem Not del str no
	notFrom = "w   r   r   w   r   r   r   y   w   r"
)

// invitationFields are the fields of an Invitation except its role, inviter and modules.
var invitationFields = map[string]string{
	"emails": `["pal@$org.example, other@$org.example"]`, "workspaces": `[{"name":"sales","access":"Admin"}]`, "groups": `["helpdesk"]`,
	"language": `"es"`, "message": `"Welcome"`,
}

var _ = Describe("An Invitation", func() {
	rows(common("invitations", "members", seeUsers, ofMembers, ushersOfUser))

	for _, e := range everyRole {
		only := fmt.Sprintf(`only an OrganizationAdmin may set role %q`, e.role)
		spec := `{"emails":["new@acme.example"],"role":"` + e.role + `"}`
		rows([]row{
			created("ORG-9 ORG-20 to a new "+e.role, e.cells, only, "invitations", "new", spec),
			created("ORG-9 to a new "+e.role+", with a generated name", e.cells, only, "invitations", "new-", spec),
			applied("ORG-9 to a new "+e.role+", by server-side apply", e.cells, only, "invitations", "new", spec),
			patched("ORG-12 to Members, changed to the role "+e.role, e.cells, only, "invitations", "members", `{"spec":{"role":"`+e.role+`"}}`),
		})
	}

	for name, value := range invitationFields {
		patch := `{"spec":{"` + name + `":` + value + `}}`
		rows([]row{
			patched("ORG-9 "+name+" of one with the role Member", ofMembers, "", "invitations", "members", patch),
			patched("ORG-9 "+name+" of one with the role Technician", ofAll, `may update an invitation with the role "Technician"`, "invitations", "technicians", patch),
		})
	}

	rows([]row{
		created("a new one in the name of another inviter", notFrom, "only platform identities and delegates may name an inviter other than",
			"invitations", "new", `{"emails":["new@acme.example"],"role":"Member","invitedBy":"bea@$org.example"}`),
		patched("another inviter", notFrom, `may name an inviter other than "ana@`, "invitations", "members", `{"spec":{"invitedBy":"bea@$org.example"}}`),
		patched("NOV-4 taken over", ofMembers, "", "invitations", "members", takenOver),
		patched("NOV-4 taken over, with the role Technician", ofAll, `may update an invitation with the role "Technician"`, "invitations", "technicians", takenOver),
		patched("GTA-11 taken over, with a module", ofAll, `only an OrganizationAdmin may change an invitation that gives module "desk"`,
			"invitations", "equipped", takenOver),
		applied("the inviter left out by server-side apply", ofMembers, "", "invitations", "members",
			`{"emails":["pal@$org.example"],"role":"Member","message":"Hello"}`),
		replaced("the inviter left out by update", ofMembers, "", "invitations", "members", func(o *unstructured.Unstructured) error {
			unstructured.RemoveNestedField(o.Object, "spec", "invitedBy")
			return nil
		}),
		created("GTA-11 a new one that gives a module", ofAll, `only an OrganizationAdmin may give module "desk"`, "invitations", "new",
			`{"emails":["new@acme.example"],"role":"Member","modules":["desk"]}`),
		patched("GTA-11 modules of one with the role Member", ofAll, `only an OrganizationAdmin may give module "desk"`, "invitations", "members",
			`{"spec":{"modules":["desk"]}}`),
		patched("GTA-11 no more modules", ofAll, `only an OrganizationAdmin may remove module "desk"`, "invitations", "equipped", `{"spec":{"modules":[]}}`),
		patched("GTA-11 other people in one that gives a module", ofAll, `only an OrganizationAdmin may change an invitation that gives module "desk"`,
			"invitations", "equipped", `{"spec":{"emails":["other@$org.example"]}}`),
		patched("GTA-11 one that gives a module, sent again", ofAll, `only an OrganizationAdmin may change an invitation that gives module "desk"`,
			"invitations", "equipped", `{"metadata":{"annotations":{"accounts.usher.dev/resend":"1"}}}`),
		deleted("GTA-11 delete one that gives a module", ofMembers, "", "invitations", "equipped"),
		created("with an invalid address", "c   r   r   c   r   r   r   c   w   r", `"a@b@c.example" is not an email address`, "invitations", "new",
			`{"emails":["a@b@c.example"],"role":"Member"}`),
		patched("WXP-7 sent again", ofMembers, "", "invitations", "members", `{"metadata":{"annotations":{"accounts.usher.dev/resend":"1"}}}`),
		deleted("ORG-9 delete one with the role Member", ofMembers, "", "invitations", "members"),
		deleted("ORG-9 delete one with the role Technician", ofAll, `only an OrganizationAdmin may delete an invitation with the role "Technician"`,
			"invitations", "technicians"),
	})
})
