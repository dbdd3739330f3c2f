// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package lookup

import (
	"context"
	"slices"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/emailaddr"
)

// OnboardingHost returns the object that keeps the onboarding of a link's UID: an Invitation or an OrgUser. It is nil if there is
// none, or if several have that UID, because somebody has copied a status together with the identity in it: the link is for one of
// them, and nobody knows for which. The object to which the API server has given the UID is never mistaken for a copy of it.
func (r Reader) OnboardingHost(ctx context.Context, uid types.UID) (client.Object, error) {
	var invitations v1alpha1.InvitationList
	if err := r.List(ctx, &invitations, client.MatchingFields{objectByUID: string(uid)}); err != nil {
		return nil, err
	}
	var users v1alpha1.OrgUserList
	if err := r.List(ctx, &users, client.MatchingFields{objectByUID: string(uid)}); err != nil {
		return nil, err
	}
	hosts := make([]client.Object, 0, len(invitations.Items)+len(users.Items))
	for n := range invitations.Items {
		hosts = append(hosts, &invitations.Items[n])
	}
	for n := range users.Items {
		hosts = append(hosts, &users.Items[n])
	}
	return identified(hosts, uid), nil
}

// identified returns the one of several objects with a UID that the API server has given it, or the only one; else the zero value.
func identified[O client.Object](objects []O, uid types.UID) (none O) {
	for _, o := range objects {
		if o.GetUID() == uid || len(objects) == 1 {
			return o
		}
	}
	return none
}

// Recipient returns the status of an address among an Invitation's recipients, or nil if it is not among them.
func Recipient(i *v1alpha1.Invitation, email string) *v1alpha1.RecipientStatus {
	key := emailaddr.Normalize(email)
	for n := range i.Status.Recipients {
		if r := &i.Status.Recipients[n]; emailaddr.Normalize(string(r.Email)) == key {
			return r
		}
	}
	return nil
}

// RecipientIndex returns the index of each address, in its normal form, among an Invitation's recipients, for callers that look
// up many.
func RecipientIndex(i *v1alpha1.Invitation) map[string]int {
	index := make(map[string]int, len(i.Status.Recipients))
	for n := range slices.Backward(i.Status.Recipients) { // of two spellings of one account's address, the first counts
		index[emailaddr.Normalize(string(i.Status.Recipients[n].Email))] = n
	}
	return index
}
