// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package roster

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"regexp"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/emailaddr"
)

// Batch is an Invitation with the people whom it invites.
type Batch struct {
	Invitation *v1alpha1.Invitation
	People     []Person
}

// Plan returns the Invitations for people, in their order: one for all who are invited to the same, as far as one has room. The name of
// each follows from what it says, so that the same list, planned again, makes the same Invitations.
func Plan(namespace string, people []Person) []Batch {
	var batches []Batch
	open := map[string]int{}
	for _, p := range people {
		key := keyOf(p.Grant)
		n, is := open[key]
		if !is || len(batches[n].People) == emailaddr.MaxRecipients {
			n = len(batches)
			open[key] = n
			batches = append(batches, Batch{Invitation: invitationFor(namespace, p.Grant)})
		}
		b := &batches[n]
		b.People = append(b.People, p)
		b.Invitation.Spec.Emails = append(b.Invitation.Spec.Emails, entryOf(p))
	}
	for _, b := range batches {
		b.Invitation.Name = nameOf(&b.Invitation.Spec)
	}
	return batches
}

// plainName is a name that needs no quotes before an address.
var plainName = regexp.MustCompile(`^\pL[\pL\pM'-]*( [\pL\pM'-]+)*$`)

// entryOf returns a person as people write it: with quotes only where they are needed.
func entryOf(p Person) string {
	if plainName.MatchString(p.Name) {
		return p.Name + " <" + p.Email + ">"
	}
	return p.String()
}

func invitationFor(namespace string, g Grant) *v1alpha1.Invitation {
	return &v1alpha1.Invitation{
		TypeMeta:   metav1.TypeMeta{APIVersion: v1alpha1.GroupVersion.String(), Kind: "Invitation"},
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace},
		Spec: v1alpha1.InvitationSpec{
			Role: g.Role, Workspaces: g.Workspaces, Groups: g.Groups, Modules: g.Modules, Language: g.Language, Message: g.Message,
		},
	}
}

func keyOf(g Grant) string {
	text, err := json.Marshal(g)
	if err != nil {
		panic(err) // strings and lists of strings
	}
	return string(text)
}

// nameOf derives a name from what an Invitation says.
func nameOf(spec *v1alpha1.InvitationSpec) string {
	text, err := json.Marshal(spec)
	if err != nil {
		panic(err) // strings and lists of strings
	}
	sum := sha256.Sum256(text)
	return "invite-" + hex.EncodeToString(sum[:5])
}
