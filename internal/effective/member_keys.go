// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package effective

import (
	"strings"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/emailaddr"
)

// MemberKey identifies what an entry of a workspace's members names: an address or a group. All spellings of one account's
// address have the same key.
type MemberKey string

const (
	addressPrefix = "address/"
	groupPrefix   = "group/"
)

// AddressKey returns the key of an address.
func AddressKey(email string) MemberKey { return MemberKey(addressPrefix + emailaddr.Normalize(email)) }

// AddressOfKey returns the address whose key it is, in its normal form, and whether it is an address's.
func AddressOfKey(key MemberKey) (email string, is bool) {
	return strings.CutPrefix(string(key), addressPrefix)
}

// GroupKey returns the key of a group.
func GroupKey(group v1alpha1.ObjectName) MemberKey { return MemberKey(groupPrefix + string(group)) }

// KeyOfMember returns the key of what an entry of a workspace's members names. It is empty if the entry names both or
// neither, which is possible only for an entry that bypassed the webhook.
func KeyOfMember(m v1alpha1.WorkspaceMember) MemberKey {
	switch {
	case (m.Email == "") == (m.Group == ""):
		return ""
	case m.Group != "":
		return GroupKey(m.Group)
	default:
		return AddressKey(string(m.Email))
	}
}

// DistinctMembers returns the entries of a workspace's members, the first of each that names the same, and none that names nothing.
// The webhook refuses an entry that names what another one does, but a list may have come past it.
func DistinctMembers(members []v1alpha1.WorkspaceMember) []v1alpha1.WorkspaceMember {
	distinct := make([]v1alpha1.WorkspaceMember, 0, len(members))
	seen := make(map[MemberKey]bool, len(members))
	for _, m := range members {
		if key := KeyOfMember(m); key != "" && !seen[key] {
			seen[key] = true
			distinct = append(distinct, m)
		}
	}
	return distinct
}

// KeysOfUser returns the keys of all entries that may name a user, as far as the user's own object tells: the address, and each of the
// KnownGroups.
func KeysOfUser(u *v1alpha1.OrgUser) []MemberKey { return KeysOf(string(EmailOf(u)), KnownGroups(u)) }

// KeysOf returns the keys of an address and of groups.
func KeysOf(email string, groups []v1alpha1.ObjectName) []MemberKey {
	keys := []MemberKey{AddressKey(email)}
	for _, group := range groups {
		keys = append(keys, GroupKey(group))
	}
	return keys
}

// OriginOfMember returns the origin of the access that an entry of a workspace's members grants.
func OriginOfMember(key MemberKey, access v1alpha1.WorkspaceAccess) v1alpha1.GrantOrigin {
	if group, is := strings.CutPrefix(string(key), groupPrefix); is {
		return v1alpha1.GrantOrigin{Source: v1alpha1.GrantedByGroup, Group: group, Access: access}
	}
	return v1alpha1.GrantOrigin{Source: v1alpha1.GrantedByMember, Access: access}
}
