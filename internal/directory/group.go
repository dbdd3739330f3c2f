// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package directory

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/emailaddr"
	"github.com/usher-operator/usher/internal/scim"
)

// groupRecord is what the annotation of an OrgGroup holds.
type groupRecord struct {
	record

	// Accounts are the OrgUsers to whom listed addresses belong, by the address in its normal form, as far as the OrgUser is not named
	// after the address. The OrgUser is the member, and the address follows it.
	Accounts map[string]string `json:"accounts,omitempty"`
}

// KeepsGroup reports whether the directory keeps a group. Everybody else's is declared by Git or a person.
func KeepsGroup(g *v1alpha1.OrgGroup) bool { return effective.FromDirectory(g) }

// NewGroup returns a group that a directory sent, without members and without a name.
func NewGroup(organization string, r scim.Resource, now time.Time) (*v1alpha1.OrgGroup, error) {
	title, err := titleOf(r)
	if err != nil {
		return nil, err
	}
	g := &v1alpha1.OrgGroup{}
	g.Namespace, g.Finalizers = organization, []string{v1alpha1.Finalizer}
	g.Spec.DisplayName = title
	return g, writeGroupRecord(g, r, nil, now)
}

// titleOf returns a group's name for people.
func titleOf(r scim.Resource) (v1alpha1.DisplayName, error) {
	sent := GroupName(r)
	title := strings.Join(strings.Fields(sent), " ")
	if !emailaddr.ValidName(title) {
		return "", invalid("displayName %q cannot be a group's name: use one line of at most 128 visible characters", sent)
	}
	return v1alpha1.DisplayName(title), nil
}

// GroupName returns the displayName of a group, as it was sent.
func GroupName(r scim.Resource) string { return scim.Groups().Text(r, "displayName") }

// GroupID returns the externalId of a group.
func GroupID(r scim.Resource) string { return scim.Groups().Text(r, "externalId") }

// SentGroup returns what the directory has sent about a group, with the members that it has.
func SentGroup(g *v1alpha1.OrgGroup) (scim.Resource, error) {
	kept, err := readGroupRecord(g)
	if err != nil {
		return nil, err
	}
	r := kept.Resource
	members := make([]any, 0, len(g.Spec.Members))
	for _, m := range kept.members(g) {
		members = append(members, map[string]any{"value": m.Account})
	}
	if len(members) > 0 {
		r["members"] = members
	}
	return r, nil
}

// GroupResource returns a group as the directory sees it: what it sent, with what Usher adds. Base is the URL of the organization's
// service. The members are left out unless they are wanted.
func GroupResource(g *v1alpha1.OrgGroup, base string, withMembers bool) (scim.Resource, error) {
	kept, err := readGroupRecord(g)
	if err != nil {
		return nil, err
	}
	r := kept.Resource
	if withMembers && len(g.Spec.Members) > 0 {
		members := make([]any, 0, len(g.Spec.Members))
		for _, m := range kept.members(g) {
			members = append(members, map[string]any{
				"value": m.Account, "$ref": base + scim.Users().Endpoint + "/" + m.Account, "display": m.Address, "type": "User",
			})
		}
		r["members"] = members
	}
	r["meta"] = map[string]any{
		"resourceType": "Group", "location": base + scim.Groups().Endpoint + "/" + g.Name,
		"created":      g.CreationTimestamp.UTC().Format(time.RFC3339),
		"lastModified": kept.Modified.UTC().Format(time.RFC3339),
		"version":      groupVersion(g),
	}
	return r, nil
}

// groupVersion returns the weak ETag of a group. It does not depend on whether the members are shown.
func groupVersion(g *v1alpha1.OrgGroup) string {
	const length = 12
	sum := sha256.New()
	_, _ = fmt.Fprintf(sum, "%s\x00%s", g.Name, g.Annotations[v1alpha1.AnnotationDirectory])
	for _, m := range g.Spec.Members {
		_, _ = fmt.Fprintf(sum, "\x00%s", m)
	}
	return `W/"` + hex.EncodeToString(sum.Sum(nil)[:length]) + `"`
}

// ChangeGroup brings a group to what the directory has sent, and reports whether that is anything new. Addresses are those of the members
// whom the group does not have yet, by their identifiers.
func ChangeGroup(g *v1alpha1.OrgGroup, after scim.Resource, addresses map[string]string, now time.Time) (bool, error) {
	kept, err := readGroupRecord(g)
	if err != nil {
		return false, err
	}
	wanted, err := MemberIDs(after)
	if err != nil {
		return false, err
	}
	members, changed, err := kept.withMembers(g.Spec.Members, wanted, addresses)
	if err != nil {
		return false, err
	}
	named := withoutMembers(after)
	if !changed && same(kept.Resource, named) {
		return false, nil
	}
	if g.Spec.DisplayName, err = titleOf(after); err != nil {
		return false, err
	}
	g.Spec.Members = members
	return true, writeGroupRecord(g, named, kept.Accounts, now)
}

func withoutMembers(r scim.Resource) scim.Resource {
	r = maps.Clone(r)
	delete(r, "members")
	return r
}

func readGroupRecord(g *v1alpha1.OrgGroup) (groupRecord, error) {
	var r groupRecord
	if err := json.Unmarshal([]byte(g.Annotations[v1alpha1.AnnotationDirectory]), &r); err != nil {
		return r, fmt.Errorf("the annotation %s of the OrgGroup %q cannot be read: restore it, or delete the OrgGroup and have the "+
			"directory send the group again: %w", v1alpha1.AnnotationDirectory, g.Name, err)
	}
	if r.Resource == nil {
		r.Resource = scim.Resource{}
	}
	r.Resource["id"], r.Resource["schemas"] = g.Name, []any{scim.GroupSchema}
	return r, nil
}

// writeGroupRecord keeps what the directory sent beside the members, and the labels by which the group is found.
func writeGroupRecord(g *v1alpha1.OrgGroup, r scim.Resource, accounts map[string]string, now time.Time) error {
	own := withoutMembers(r)
	for _, added := range []string{"id", "meta", "schemas"} {
		delete(own, added)
	}
	kept := groupRecord{record{Resource: own, Modified: now.UTC().Truncate(time.Second)}, accounts}
	body, err := json.Marshal(kept)
	if err != nil {
		return err
	}
	if g.Labels == nil {
		g.Labels = map[string]string{}
	}
	if g.Annotations == nil {
		g.Annotations = map[string]string{}
	}
	g.Annotations[v1alpha1.AnnotationDirectory] = string(body)
	g.Labels[v1alpha1.ManagedByLabel], g.Labels[v1alpha1.LabelOrigin] = v1alpha1.ManagedByValue, v1alpha1.OriginDirectory
	g.Labels[v1alpha1.LabelDirectoryName] = digest(scim.Fold(GroupName(r)))
	delete(g.Labels, v1alpha1.LabelDirectoryID)
	if id := GroupID(r); id != "" {
		g.Labels[v1alpha1.LabelDirectoryID] = digest(id)
	}
	return nil
}
