// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package groups

import (
	"context"
	"slices"
	"strings"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/directory"
	"github.com/usher-operator/usher/internal/directory/refusal"
	"github.com/usher-operator/usher/internal/directory/store"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/scim"
)

// maxNamed is how many unknown members a refusal names.
const maxNamed = 5

// newAddresses returns the addresses of the members whom a group does not have yet, by their identifiers. Members whom the directory does
// not have are refused: their identifiers are ours, so a directory that sends them out of order cannot know them.
func (g *Groups) newAddresses(ctx context.Context, group *v1alpha1.OrgGroup, wanted scim.Resource) (map[string]string, error) {
	ids, err := directory.MemberIDs(wanted)
	if err != nil {
		return nil, err
	}
	members, err := directory.Members(group)
	if err != nil {
		return nil, err
	}
	has := make(map[string]bool, len(members))
	for _, m := range members {
		has[m.Account] = true
	}
	ids = slices.DeleteFunc(ids, func(id string) bool { return has[id] })
	accounts, err := store.People(g.Client, g.Cache, g.Organization).Named(ctx, ids)
	if err != nil {
		return nil, refusal.Of(err)
	}
	addresses, unknown := make(map[string]string, len(ids)), []string(nil)
	for _, id := range ids {
		if u := accounts[id]; u != nil {
			addresses[id] = string(effective.EmailOf(u))
		} else {
			unknown = append(unknown, id)
		}
	}
	if len(unknown) == 0 {
		return addresses, nil
	}
	named := unknown[:min(len(unknown), maxNamed)]
	return nil, refusal.Invalid("members: the directory has no person with the id %s (unknown members: %d): create the people first, "+
		"and leave out those who were deleted or whom the directory did not create", strings.Join(named, ", "), len(unknown))
}
