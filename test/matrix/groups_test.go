// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package matrix

import (
	. "github.com/onsi/ginkgo/v2"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// Who may do what with OrgGroups. Whoever puts people in a group grants what it opens: helpdesk lists a Member, leads a Technician, and tokens
// names a group of the identity provider.
const (
	//               Org Bil Fin Use Tec Mem Not del str no
	identityManaged = "y   r   r   w   r   r   r   y   w   r"
	notAllowedThere = "c   r   r   w   r   r   r   c   w   r"
	wrongForAll     = "c   r   r   c   r   r   r   c   w   r"
	wrongForTheAPI  = "c   r   r   c   r   r   r   c   c   r"
)

var _ = Describe("An OrgGroup", func() {
	rows(common("orggroups", "helpdesk", seeUsers, ofMembers, ushersOfUser))

	const (
		added     = `only an OrganizationAdmin may add to a group "tea@`
		removed   = `only an OrganizationAdmin may remove from a group "tea@`
		gone      = `only an OrganizationAdmin may delete a group with "tea@`
		identity  = `only an OrganizationAdmin may give access to a group of the identity provider`
		elsewhere = "is not a group that organization"
	)
	rows([]row{
		created("DIR-5 a new one without members", ofMembers, "", "orggroups", "new", `{}`),
		created("DIR-5 a new one with a generated name", ofMembers, "", "orggroups", "new-", `{}`),
		created("DIR-5 ORG-9 a new one with a Member", ofMembers, "", "orggroups", "new", `{"members":["sam@$org.example"]}`),
		created("DIR-5 a new one with somebody without an account", ofMembers, "", "orggroups", "new", `{"members":["new@acme.example"]}`),
		created("DIR-5 ORG-11 a new one with a Technician", ofAll, added, "orggroups", "new", `{"members":["TEA@$org.example"]}`),
		created("DIR-5 ORG-11 a new one with an administrator", ofAll, `may add to a group "bea@`, "orggroups", "new",
			`{"members":["sam@$org.example","bea@$org.example"]}`),
		applied("DIR-5 ORG-11 a Technician added by server-side apply", ofAll, added, "orggroups", "helpdesk", `{"members":["tea@$org.example"]}`),
		patched("DIR-5 ORG-9 a Member added", ofMembers, "", "orggroups", "leads", `{"spec":{"members":["tea@$org.example","sam@$org.example"]}}`),
		patched("DIR-5 ORG-9 a Member removed", ofMembers, "", "orggroups", "helpdesk", `{"spec":{"members":[]}}`),
		patched("DIR-5 ORG-11 a Technician added", ofAll, added, "orggroups", "helpdesk", `{"spec":{"members":["tea@$org.example"]}}`),
		patched("DIR-5 ORG-11 a Technician removed", ofAll, removed, "orggroups", "leads", `{"spec":{"members":null}}`),
		patched("DIR-5 ORG-24 oneself added", ownAccount, `only an OrganizationAdmin may add to a group "eva@`,
			"orggroups", "helpdesk", `{"spec":{"members":["sam@$org.example","$as"]}}`),
		patched("DIR-5 the name of a group with a Technician", ofMembers, "", "orggroups", "leads", `{"spec":{"displayName":"The leads"}}`),
		replaced("DIR-5 the name by update", ofMembers, "", "orggroups", "helpdesk", func(o *unstructured.Unstructured) error {
			return unstructured.SetNestedField(o.Object, "Help", "spec", "displayName")
		}),
		deleted("DIR-5 delete one with a Member", ofMembers, "", "orggroups", "helpdesk"),
		deleted("DIR-5 ORG-11 delete one with a Technician", ofAll, gone, "orggroups", "leads"),
		deleted("DIR-5 delete one with a group of the identity provider", ofMembers, "", "orggroups", "tokens"),

		created("DIR-4 a new one that gives a role to the directory's people", ofAll, "the group \"deputies\", which gives the role",
			"orggroups", "deputies", `{"members":["sam@$org.example"]}`),
		created("DIR-4 a new one that gives a module to the directory's people", ofAll, "the group \"callers\", which gives the module",
			"orggroups", "callers", `{"members":["sam@$org.example"]}`),
		created("DIR-4 a new one that gives a role to nobody yet", ofMembers, "", "orggroups", "deputies", `{}`),

		created("DIR-5 a new one with a group of the identity provider", identityManaged, identity, "orggroups", "new", `{"identityGroup":"oidc:new"}`),
		patched("DIR-5 a group of the identity provider, set", identityManaged, identity, "orggroups", "helpdesk", `{"spec":{"identityGroup":"oidc:new"}}`),
		patched("DIR-5 a group of the identity provider, changed", identityManaged, identity, "orggroups", "tokens", `{"spec":{"identityGroup":"oidc:new"}}`),
		patched("DIR-5 a group of the identity provider, removed", ofMembers, "", "orggroups", "tokens", `{"spec":{"identityGroup":null}}`),
		patched("DIR-5 a Member added beside a group of the identity provider", ofMembers, "", "orggroups", "tokens",
			`{"spec":{"members":["sam@$org.example"]}}`),
		patched("DIR-5 a group of the identity provider that the platform does not allow", notAllowedThere, elsewhere, "orggroups", "helpdesk",
			`{"spec":{"identityGroup":"ldap:new"}}`),
		patched("DIR-5 a group of Kubernetes", wrongForTheAPI, "must not start with system:", "orggroups", "helpdesk", `{"spec":{"identityGroup":"system:masters"}}`),
		patched("DIR-5 a malformed address", wrongForAll, "spec.members[0]", "orggroups", "helpdesk", `{"spec":{"members":["sam@nowhere"]}}`),
	})
})
