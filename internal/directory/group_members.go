// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package directory

import (
	"maps"
	"slices"
	"strings"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/emailaddr"
	"github.com/usher-operator/usher/internal/scim"
)

// MaxMembers is how many members a group can have, as the OrgGroup's schema says.
const MaxMembers = 10000

// MemberIDs returns the identifiers of the members that a directory has sent. Groups in groups are refused: nobody would be in the group
// because of them.
func MemberIDs(r scim.Resource) ([]string, error) {
	list, _ := r["members"].([]any)
	ids := make([]string, 0, len(list))
	for _, element := range list {
		parts, _ := element.(map[string]any)
		id, _ := parts["value"].(string)
		kind, _ := parts["type"].(string)
		reference, _ := parts["$ref"].(string)
		switch {
		case id == "":
			return nil, invalid("members has an element without a value: send the id that Usher returned for the person")
		case strings.EqualFold(kind, "Group"), strings.Contains(reference, scim.Groups().Endpoint+"/"):
			return nil, invalid("the member %q is a group: groups in groups are not supported, put the people themselves in the group", id)
		}
		ids = append(ids, id)
	}
	if len(ids) > MaxMembers {
		return nil, invalid("the group has %d members: it can have at most %d", len(ids), MaxMembers)
	}
	return ids, nil
}

// Member is an address that a group lists, and the OrgUser to whom it belongs.
type Member struct{ Account, Address string }

// Members returns the members of a group that the directory keeps, in order. While a member's address changes, both are listed.
func Members(g *v1alpha1.OrgGroup) ([]Member, error) {
	kept, err := readGroupRecord(g)
	if err != nil {
		return nil, err
	}
	members := make([]Member, 0, len(g.Spec.Members))
	for _, m := range g.Spec.Members {
		members = append(members, Member{kept.account(string(m)), string(m)})
	}
	return members, nil
}

// members returns the members of a group, each once.
func (k groupRecord) members(g *v1alpha1.OrgGroup) []Member {
	seen := make(map[string]bool, len(g.Spec.Members))
	members := make([]Member, 0, len(g.Spec.Members))
	for _, m := range g.Spec.Members {
		if account := k.account(string(m)); !seen[account] {
			seen[account] = true
			members = append(members, Member{account, string(m)})
		}
	}
	return members
}

// account returns the OrgUser to whom a listed address belongs.
func (k groupRecord) account(address string) string {
	if len(k.Accounts) > 0 {
		if name := k.Accounts[emailaddr.Normalize(address)]; name != "" {
			return name
		}
	}
	return emailaddr.ObjectName(address)
}

// list notes to whom an address belongs.
func (k *groupRecord) list(address, account string) {
	if emailaddr.ObjectName(address) == account {
		return
	}
	if k.Accounts == nil {
		k.Accounts = map[string]string{}
	}
	k.Accounts[emailaddr.Normalize(address)] = account
}

// withMembers returns the addresses that a group is to list, and whether they differ from those that it lists. Those of members who stay
// keep their places.
func (k *groupRecord) withMembers(members []v1alpha1.MemberAddress, wanted []string, addresses map[string]string,
) (after []v1alpha1.MemberAddress, changed bool, err error) {
	stays, missing := make(map[string]bool, len(wanted)), make(map[string]bool, len(wanted))
	for _, id := range wanted {
		stays[id], missing[id] = true, true
	}
	after, listed := make([]v1alpha1.MemberAddress, 0, len(wanted)), make(map[string]string, len(wanted))
	for _, m := range members {
		if account := k.account(string(m)); stays[account] {
			after, listed[emailaddr.Normalize(string(m))] = append(after, m), account
			delete(missing, account)
		}
	}
	changed = len(after) != len(members) || len(missing) > 0
	k.drop(listed)
	for _, id := range wanted {
		if !missing[id] {
			continue
		}
		delete(missing, id)
		address := emailaddr.Normalize(addresses[id])
		if holder := listed[address]; holder != "" {
			return nil, false, scim.Conflict("the members %s and %s have the same address, %s", holder, id, addresses[id])
		}
		listed[address] = id
		k.list(address, id)
		after = append(after, v1alpha1.MemberAddress(addresses[id]))
	}
	return after, changed, nil
}

// drop forgets the accounts of addresses that are not listed.
func (k *groupRecord) drop(listed map[string]string) {
	maps.DeleteFunc(k.Accounts, func(address, _ string) bool { return listed[address] == "" })
}

// Follow lists another address of a member of a group, beside the one that the group lists: both are the same OrgUser's until Settle takes
// the former one out. In a group that is full it takes that one's place. It reports whether the group did not list it yet.
func Follow(g *v1alpha1.OrgGroup, account, address string) (bool, error) {
	kept, err := readGroupRecord(g)
	if err != nil {
		return false, err
	}
	if slices.ContainsFunc(g.Spec.Members, func(m v1alpha1.MemberAddress) bool { return emailaddr.Same(string(m), address) }) {
		return false, nil
	}
	members := slices.Clone(g.Spec.Members)
	if len(members) >= MaxMembers {
		members = slices.DeleteFunc(members, func(m v1alpha1.MemberAddress) bool { return kept.account(string(m)) == account })
	}
	g.Spec.Members = append(members, v1alpha1.MemberAddress(address))
	kept.list(address, account)
	return true, writeGroupRecord(g, kept.Resource, kept.Accounts, kept.Modified)
}

// Addresses are those of an OrgUser: the one in force, and the one that is coming into force. Both are empty if there is no such account
// of the directory's any more.
type Addresses struct{ InForce, Coming string }

// Settle brings the addresses of members whose accounts are given to those that the accounts have, and reports whether the group listed
// others. Members without an account leave the group: whoever gets their address next is somebody else.
func Settle(g *v1alpha1.OrgGroup, accounts map[string]Addresses) (bool, error) {
	kept, err := readGroupRecord(g)
	if err != nil {
		return false, err
	}
	before := g.Spec.Members
	members := make([]v1alpha1.MemberAddress, 0, len(before))
	listed := make(map[string]string, len(before))
	add := func(address, account string) {
		if key := emailaddr.Normalize(address); listed[key] == "" {
			listed[key] = account
			members = append(members, v1alpha1.MemberAddress(address))
		}
	}
	for _, m := range before {
		account := kept.account(string(m))
		has, given := accounts[account]
		switch {
		case !given, emailaddr.Same(has.Coming, string(m)):
			add(string(m), account)
		case has.InForce != "":
			add(has.InForce, account)
		}
	}
	if slices.Equal(before, members) {
		return false, nil
	}
	kept.Accounts = nil
	for address, account := range listed {
		kept.list(address, account)
	}
	g.Spec.Members = members
	return true, writeGroupRecord(g, kept.Resource, kept.Accounts, kept.Modified)
}
