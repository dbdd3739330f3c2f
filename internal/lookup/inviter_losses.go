// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package lookup

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/authz"
)

const (
	// maxExamined is how many open Invitations of one inviter are looked at.
	maxExamined = 200
	// maxTakenOver is how many Invitations the command names that takes them over.
	maxTakenOver = 10
)

// losses are the open Invitations that lose their inviter, by name. There may be more of them unless all were looked at.
type losses struct {
	namespace string
	names     []string
	all       bool
}

// losing returns the open Invitations under some inviters' names that lose their inviter. Those of the platform have authority whoever
// their inviter is.
func (r Reader) losing(ctx context.Context, namespace string, names []string,
	loses func(i *v1alpha1.Invitation, inviter authz.Actor) bool,
) (losses, error) {
	found, err := r.invitationsNaming(ctx, openInvitationByInviter, namespace, names, client.Limit(maxExamined))
	lost := losses{namespace: namespace, all: len(found) < maxExamined}
	for _, i := range found[:min(len(found), maxExamined)] {
		if err != nil {
			break
		}
		var inviter authz.Actor
		inviter, err = r.Inviter(ctx, i)
		if authz.RecordedInviterKind(i) != v1alpha1.InviterPlatform && loses(i, inviter) {
			lost.names = append(lost.names, i.Name)
		}
	}
	slices.Sort(lost.names)
	lost.names = slices.Compact(lost.names)
	return lost, err
}

// warnings says which Invitations of an inviter are lost, and how they are taken over. Field is the one at fault, with a colon.
func (l losses) warnings(q authz.Request, field, inviter string) []string {
	var warnings []string
	who, name := taker(q)
	command := authz.TakeOver(l.namespace, name, l.named()...) + l.others(inviter)
	switch {
	case len(l.names) == 0:
		return nil
	case l.all && len(l.names) == 1:
		return append(warnings, fmt.Sprintf("%s1 open invitation of %s loses its inviter, and nobody can accept it until %s it over. That "+
			"keeps its links valid: %s", field, inviter, who, command))
	}
	count := strconv.Itoa(len(l.names))
	if !l.all {
		count = "at least " + count
	}
	return append(warnings, fmt.Sprintf("%s%s open invitations of %s lose their inviter, and nobody can accept them until %s them over. "+
		"That keeps their links valid: %s", field, count, inviter, who, command))
}

// taker returns who is to take Invitations over: the person who asks or, for Git and the platform to fill in, somebody else.
func taker(q authz.Request) (who, name string) {
	if q.Actor.Kind == authz.ActorPerson {
		return "you take", q.Actor.Username
	}
	return "somebody who may give the role takes", "<user name>"
}

// named returns the names in the command.
func (l losses) named() []string { return l.names[:min(len(l.names), maxTakenOver)] }

// others says how the Invitations are found that the command does not name.
func (l losses) others(inviter string) string {
	if l.all && len(l.names) <= maxTakenOver {
		return ""
	}
	return fmt.Sprintf(", and then the others, which are in: kubectl get invitations -n %s --field-selector=spec.invitedBy=%q",
		l.namespace, inviter)
}
