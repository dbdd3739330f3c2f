// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package lookup

import (
	"context"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/emailaddr"
)

// maxReferences is how many names of each sort AddressReferences holds.
const maxReferences = 10

// AddressReferences are the objects that name an address and go on naming it when its user is gone: the next person with the address
// inherits what they give. Lists of names are sorted. One with more than maxReferences names ends with andMore.
type AddressReferences struct {
	// Members are the Workspaces that list the address in spec.members.
	Members []string
	// Groups are the OrgGroups that list the address in spec.members.
	Groups []string
	// Devices are the Workspaces with a device that is assigned to the address.
	Devices []string
	// Contacts are the contacts, of Workspaces and of the Organization, that are assigned to the very user who has the address.
	Contacts []string
	// Unassigned are those that were assigned to that user and have just become unassigned.
	Unassigned []string
	// Invitations are those whose spec.emails names the address, and that the person has accepted: sending one again invites the person
	// again.
	Invitations []string
}

// AddressReferences returns what names an address, and the user with that UID, if any. It costs a look-up for each kind of access and
// one more, and reads a bounded number of objects.
func (r Reader) AddressReferences(ctx context.Context, o *v1alpha1.Organization, email string, user types.UID,
) (AddressReferences, error) {
	var found AddressReferences
	namespace, limit := o.Namespace, client.Limit(maxReferences+1)
	for _, access := range effective.Accesses {
		listing, err := r.workspacesByMember(ctx, namespace, effective.AddressKey(email), access, limit)
		if err != nil {
			return found, err
		}
		for _, w := range listing {
			found.Members = append(found.Members, w.Name)
		}
	}
	listing, err := r.GroupsListing(ctx, namespace, email)
	if err != nil {
		return found, err
	}
	for _, g := range listing {
		if !effective.FromDirectory(g) { // which drops who is gone
			found.Groups = append(found.Groups, g.Name)
		}
	}
	assigned, err := r.workspacesBy(ctx, namespace, workspaceByAssignee, emailaddr.Normalize(email), limit)
	if err != nil {
		return found, err
	}
	for _, w := range assigned {
		if isDeleted(w) {
			continue
		}
		if deviceOf(w, email) != "" {
			found.Devices = append(found.Devices, w.Name)
		}
		found.addContacts(w.Status.Contacts, user, " in workspace "+w.Name)
	}
	found.addContacts(o.Status.Contacts, user, " of the organization")
	if found.Invitations, err = r.acceptedInvitations(ctx, namespace, email); err != nil {
		return found, err
	}
	found.Members, found.Devices, found.Contacts = bounded(found.Members), bounded(found.Devices), bounded(found.Contacts)
	found.Unassigned, found.Invitations, found.Groups = bounded(found.Unassigned), bounded(found.Invitations), bounded(found.Groups)
	return found, nil
}

// acceptedInvitations returns the names of the Invitations that the person with an address has accepted, or had accepted before the user
// was removed, and that go on naming the address.
func (r Reader) acceptedInvitations(ctx context.Context, namespace, email string) ([]string, error) {
	naming, err := r.InvitationsByEmail(ctx, namespace, email)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, i := range naming {
		recipient := Recipient(i, email)
		accepted := recipient.State == v1alpha1.RecipientActive ||
			recipient.State == v1alpha1.RecipientRevoked && recipient.RevocationReason == v1alpha1.RevokedAccountRemoved
		if !accepted || !i.DeletionTimestamp.IsZero() {
			continue
		}
		people, _ := emailaddr.ParseList(i.Spec.Emails) // a malformed list names nobody
		if slices.ContainsFunc(people, func(p emailaddr.Addressee) bool { return emailaddr.Same(p.Email, email) }) {
			names = append(names, i.Name)
		}
	}
	return names, nil
}

// addContacts adds the names of the contacts that are assigned to a user, or were, each with where it is.
func (a *AddressReferences) addContacts(contacts []v1alpha1.ContactStatus, user types.UID, where string) {
	for _, c := range contacts {
		switch {
		case c.AssigneeUID == "" || c.AssigneeUID != string(user):
		case c.Assignee == "":
			a.Unassigned = append(a.Unassigned, c.Name+where)
		default:
			a.Contacts = append(a.Contacts, c.Name+where)
		}
	}
}

// bounded returns the names sorted, each once, and no more than maxReferences of them.
func bounded(names []string) []string {
	slices.Sort(names)
	names = slices.Compact(names)
	if len(names) > maxReferences {
		names = append(names[:maxReferences], andMore)
	}
	return names
}

// without returns the names that are not among others.
func without(names []string, others []v1alpha1.WorkspaceGrant) []string {
	return slices.DeleteFunc(names, func(name string) bool {
		return slices.ContainsFunc(others, func(g v1alpha1.WorkspaceGrant) bool { return string(g.Name) == name })
	})
}

// listed returns names in one text.
func listed(names []string) string { return strings.Join(names, ", ") }
