// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package matrix

import (
	"context"
	"fmt"

	. "github.com/onsi/ginkgo/v2"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/emailaddr"
)

// Who may do what with users and invitations.
const (
	//              Org Bil Fin Use Tec Mem Not del str no
	seeUsers     = "y   y   y   y   y   r   r   y   y   r"
	ofMembers    = "y   r   r   y   r   r   r   y   w   r"
	ofAll        = "y   r   r   w   r   r   r   y   w   r"
	ushersOfUser = "w   r   r   w   r   r   r   w   w   r"
	onSelf       = "w   r   r   w   r   r   r   -   -   -"
	ownAccount   = "y   r   r   w   r   r   r   -   -   -"
)

// own is Usher's finalizer.
const own = `"accounts.usher.dev/finalizer"`

// everyRole holds, for each role, the results of creating a user with it.
var everyRole = []struct{ role, cells string }{
	{"OrganizationAdmin", ofAll},
	{"BillingAdmin", ofAll},
	{"FinanceAdmin", ofAll},
	{"UserAdmin", ofAll},
	{"Technician", ofAll},
	{"Member", ofMembers},
	{"NotificationsOnly", ofAll},
}

// userFields are the fields of an OrgUser that administrators change, except its role and modules.
var userFields = map[string]string{
	"displayName": `"Sam"`, "avatarURL": `"https://pictures.example/sam"`, "phone": `"+34600000001"`,
	"email": `"other@acme.example"`, "groups": `["helpdesk"]`, "onboarding": `"Invite"`, "message": `"Hello"`, "username": `"sam"`, "suspend": `true`,
}

var _ = Describe("An OrgUser", func() {
	rows(common("orgusers", "sam", seeUsers, ofMembers, ushersOfUser))

	for _, e := range everyRole {
		only := fmt.Sprintf(`only an OrganizationAdmin may set role %q`, e.role)
		spec := `{"email":"new@acme.example","role":"` + e.role + `"}`
		rows([]row{
			created("ORG-9 ORG-15 a new "+e.role, e.cells, only, "orgusers", "new", spec),
			created("ORG-9 a new "+e.role+" with a generated name", e.cells, only, "orgusers", "new-", spec),
			applied("ORG-9 a new "+e.role+" by server-side apply", e.cells, only, "orgusers", "new", spec),
			patched("ORG-12 a Technician who becomes "+e.role, map[bool]string{true: ofMembers, false: ofAll}[e.role == "Technician"],
				only, "orgusers", "tea", `{"spec":{"role":"`+e.role+`"}}`),
		})
	}

	for name, value := range userFields {
		patch := `{"spec":{"` + name + `":` + value + `}}`
		rows([]row{
			patched("ORG-9 ORG-15 "+name+" of a Member", ofMembers, "", "orgusers", "sam", patch),
			patched("ORG-11 "+name+" of a Technician", ofAll,
				`only an OrganizationAdmin may change `+name+` of a user with the role "Technician"`, "orgusers", "tea", patch),
		})
	}

	rows([]row{
		patched("GTA-11 modules of a Member", ofAll, `only an OrganizationAdmin may give module "desk"`, "orgusers", "sam", `{"spec":{"modules":["desk"]}}`),
		patched("GTA-11 modules of a Technician", ofAll, `only an OrganizationAdmin may change modules of a user with the role "Technician"`,
			"orgusers", "tea", `{"spec":{"modules":["desk"]}}`),
		created("GTA-11 a new Member with a module", ofAll, `only an OrganizationAdmin may give module "desk"`, "orgusers", "new",
			`{"email":"new@acme.example","role":"Member","modules":["desk"]}`),
		applied("GTA-11 a Member's modules by server-side apply", ofAll, `only an OrganizationAdmin may give modules "desk", "fax"`, "orgusers", "sam",
			`{"email":"sam@$org.example","role":"Member","modules":["desk","fax"]}`),
		patched("GTA-11 the module of a Member, removed", ofAll, `only an OrganizationAdmin may remove module "desk"`, "orgusers", "mod",
			`{"spec":{"modules":[]}}`),
		patched("GTA-11 the name of a Member with a module", ofMembers, "", "orgusers", "mod", `{"spec":{"displayName":"Mod"}}`),
		deleted("GTA-11 delete a Member with a module", ofMembers, "", "orgusers", "mod"),
		patched("LMI-1 access of a Member", ofMembers, "", "orgusers", "sam", `{"spec":{"access":"Limited"}}`),
		patched("ORG-11 workspaces of a Member", ofMembers, "", "orgusers", "sam", `{"spec":{"workspaces":[{"name":"sales","access":"Admin"}]}}`),
		patched("ORG-11 workspaces of a Technician", ofMembers, "", "orgusers", "tea", `{"spec":{"workspaces":[{"name":"sales","access":"Edit"}]}}`),
		patched("ORG-11 workspaces of an administrator", ofMembers, "", "orgusers", "bea", `{"spec":{"workspaces":[{"name":"sales","access":"View"}]}}`),
		patched("ORG-12 workspaces and role at once", ofAll, `only an OrganizationAdmin may set role "Technician"`, "orgusers", "sam",
			`{"spec":{"role":"Technician","workspaces":[]}}`),
		patched("ORG-12 an administrator's demotion", ofAll, `only an OrganizationAdmin may set role "Member"`, "orgusers", "bea",
			`{"spec":{"role":"Member"}}`),
		patched("ORG-10 somebody else's finalizer on a Member", ofMembers, "", "orgusers", "sam", `{"metadata":{"finalizers":[`+own+`,"others.example/hold"]}}`),
		patched("ORG-10 somebody else's finalizer on a Technician", ofAll, `may change finalizers of a user with the role "Technician"`, "orgusers", "tea",
			`{"metadata":{"finalizers":[`+own+`,"others.example/hold"]}}`),
		patched("WXP-7 a Member invited again", ofMembers, "", "orgusers", "pen", `{"metadata":{"annotations":{"accounts.usher.dev/resend":"1"}}}`),
		patched("WXP-7 ORG-12 a Technician invited again", ofAll, `may invite a user with the role "Technician" again`, "orgusers", "pet",
			`{"metadata":{"annotations":{"accounts.usher.dev/resend":"1"}}}`),
		patched("WXP-7 a Member who is not invited, again", "c   r   r   c   r   r   r   c   w   r", `this person is not invited`, "orgusers", "sam",
			`{"metadata":{"annotations":{"accounts.usher.dev/resend":"1"}}}`),
		ofInvitation("WXP-7 a Member whom an Invitation invites, again", ofMembers, "", "pal"),
		ofInvitation("WXP-7 ORG-12 a Technician whom an Invitation invites, again", ofAll, `may invite a user with the role "Technician" again`, "tec"),
		patched("WXP-5 a delegate's user name for a Member", ofAll, `only an OrganizationAdmin may give a user the user name "system:serviceaccount:argocd:acme"`, "orgusers", "sam",
			`{"spec":{"username":"system:serviceaccount:argocd:acme"}}`),
		patched("GTA-11 the user name of a Member with a module", ofAll, `only an OrganizationAdmin may change username of a user who has module "desk"`,
			"orgusers", "mod", `{"spec":{"username":"mod"}}`),
		replaced("NOV-13 a Member's suspension by update", ofMembers, "", "orgusers", "sam", func(o *unstructured.Unstructured) error {
			return unstructured.SetNestedField(o.Object, true, "spec", "suspend")
		}),
		applied("ORG-12 a Member's promotion by server-side apply", ofAll, `may set role "UserAdmin"`, "orgusers", "sam",
			`{"email":"sam@$org.example","role":"UserAdmin"}`),
		deleted("ORG-10 delete a Member", ofMembers, "", "orgusers", "sam"),
		deleted("ORG-10 delete a Technician", ofAll, `only an OrganizationAdmin may delete a user with the role "Technician"`, "orgusers", "tea"),
		deleted("ORG-10 delete an administrator", ofAll, `may delete a user with the role "OrganizationAdmin"`, "orgusers", "bea"),

		deleted("ORG-24 delete one's own account", onSelf, "you cannot remove yourself from the organization", "orgusers", "$me"),
		patched("ORG-24 change one's own role", onSelf, "you cannot change your own role", "orgusers", "$me", `{"spec":{"role":"NotificationsOnly"}}`),
		patched("ORG-12 change one's own role to OrganizationAdmin", withoutAdmin(onSelf), "you cannot change your own role", "orgusers", "$me", `{"spec":{"role":"OrganizationAdmin"}}`),
		patched("ORG-24 suspend one's own account", onSelf, "you cannot suspend yourself", "orgusers", "$me", `{"spec":{"suspend":true}}`),
		patched("ORG-15 change one's own display name", ownAccount, "only an OrganizationAdmin may change displayName", "orgusers", "$me",
			`{"spec":{"displayName":"Me"}}`),
		{"ORG-16 NOV-2 the list of all users", seeUsers, "list", "orgusers", "", listedWithRoles},
		{"a new user with a status, which is ignored", ofMembers, "create", "orgusers", "", createdWithStatus},
	})
})

// listedWithRoles checks that the list holds all users, each with the role in force.
func listedWithRoles(ctx context.Context, by *somebody) error {
	var users v1alpha1.OrgUserList
	if err := by.List(ctx, &users, client.InNamespace(org)); err != nil {
		return err
	}
	roles := map[string]v1alpha1.Role{}
	for _, u := range users.Items {
		roles[u.Name] = u.Status.Role
	}
	for _, c := range columns {
		if c.name != "" && roles[c.name] != c.role {
			return fmt.Errorf("%s is listed as %q instead of %s", c.name, roles[c.name], c.role)
		}
	}
	return nil
}

// withoutAdmin removes the first column: there is no role to which an OrganizationAdmin could be promoted.
func withoutAdmin(cells string) string { return nothing + cells[1:] }

func createdWithStatus(ctx context.Context, by *somebody) error {
	o, err := withSpec("orgusers", "new", `{"email":"new@acme.example","role":"Member"}`)
	if err != nil {
		return err
	}
	o.Object["status"] = map[string]any{"role": "OrganizationAdmin", "state": "Active", "username": by.username}
	if err := by.Create(ctx, o, client.DryRunAll); err != nil {
		return err
	}
	if o.Object["status"] != nil {
		return fmt.Errorf("the status was stored: %v", o.Object["status"])
	}
	return nil
}

// ofInvitation requests, as a dry run, that the OrgUser of a person whom an Invitation invites sends the mail again.
func ofInvitation(what, cells, text, person string) row {
	return row{what, cells, "patch", "orgusers", text, func(ctx context.Context, by *somebody) error {
		return by.Patch(ctx, object("orgusers", emailaddr.ObjectName(person+"@"+org+".example")),
			merge(`{"metadata":{"annotations":{"accounts.usher.dev/resend":"1"}}}`), client.DryRunAll)
	}}
}
