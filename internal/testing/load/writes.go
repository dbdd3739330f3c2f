// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package load

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/testing/builders"
)

const (
	// members, workspaces and invitations are how many objects Prepare creates for the updates.
	members     = 48
	workspaces  = 6
	invitations = 18
	// turns is the length of the wheel of writes.
	turns = 24
	// young is how many created objects are kept, so that none is deleted before the caches of all replicas have seen it.
	young = 10
)

// write is the next write of somebody. Of 24, two create an object and two delete one; the others update objects that stay, so that an
// organization does not grow while it is measured.
func (o *Organization) write(ctx context.Context) outcome {
	n := o.written.next()
	switch turn := n % turns; turn {
	case 0:
		return o.createGuest(ctx, n)
	case 6:
		return o.createTeam(ctx, n)
	case 12:
		if name, ok := o.guests.take(young); ok {
			return judged("delete OrgUser", o.eva.Delete(ctx, builders.OrgUser(o.options.Organization, name).Obj()))
		}
	case 18:
		if name, ok := o.teams.take(young); ok {
			return judged("delete Invitation", o.ana.Delete(ctx, builders.Invitation(o.options.Organization, name).Obj()))
		}
	default:
		switch turn % 4 {
		case 1:
			return o.update(ctx, o.ana, builders.Workspace(o.options.Organization, workspaceName(n)).Obj(), n)
		case 3:
			return o.update(ctx, o.ana, builders.Invitation(o.options.Organization, invitationName(n)).Obj(), n)
		}
	}
	return o.update(ctx, o.eva, builders.OrgUser(o.options.Organization, memberName(n)).Obj(), n)
}

func (o *Organization) createGuest(ctx context.Context, n int) outcome {
	name := fmt.Sprintf("guest-%s-%d", o.nonce, n)
	err := o.eva.Create(ctx, builders.OrgUser(o.options.Organization, name).Existing().Obj())
	if err == nil {
		o.guests.add(name)
	}
	return judged("create OrgUser", err)
}

func (o *Organization) createTeam(ctx context.Context, n int) outcome {
	name := fmt.Sprintf("team-%s-%d", o.nonce, n)
	err := o.ana.Create(ctx, builders.Invitation(o.options.Organization, name, o.address("invited-"+name)).Obj())
	if err == nil {
		o.teams.add(name)
	}
	return judged("create Invitation", err)
}

// update changes an object by a patch that says nothing of what the object was, so that none conflicts with another. Every other round of
// updates is a dry run: it passes the same webhooks, and leaves the API server and the controllers of a small machine time for the rest.
func (o *Organization) update(ctx context.Context, as client.Client, object client.Object, n int) outcome {
	if n/turns%2 == 1 {
		as = client.NewDryRunClient(as)
	}
	patch, kind := fmt.Sprintf(`{"spec":{"displayName":"Number %d"}}`, n), "OrgUser"
	switch object.(type) {
	case *v1alpha1.Workspace:
		kind = "Workspace"
	case *v1alpha1.Invitation:
		patch, kind = fmt.Sprintf(`{"spec":{"message":"Number %d"}}`, n), "Invitation"
	}
	return judged("update "+kind, as.Patch(ctx, object, client.RawPatch(types.MergePatchType, []byte(patch))))
}

func memberName(n int) string     { return fmt.Sprintf("member-%d", n%members) }
func workspaceName(n int) string  { return fmt.Sprintf("workspace-%d", n/4%workspaces) }
func invitationName(n int) string { return fmt.Sprintf("invitation-%d", n/4%invitations) }

// objects are what Prepare creates, people and workspaces before those who are invited.
func (o *Organization) objects() []client.Object {
	org := o.options.Organization
	all := []client.Object{
		builders.Organization(org).DisplayName("Load " + org).Obj(),
		builders.OrgUser(org, ana).Role(v1alpha1.RoleOrganizationAdmin).Existing().Obj(),
		builders.OrgUser(org, eva).Role(v1alpha1.RoleUserAdmin).Existing().Obj(),
	}
	for n := range workspaces {
		all = append(all, builders.Workspace(org, fmt.Sprintf("workspace-%d", n)).DeletedWithNamespace().Obj())
	}
	for n := range members {
		all = append(all, builders.OrgUser(org, memberName(n)).Existing().Workspace(workspaceName(n), v1alpha1.WorkspaceEdit).Obj())
	}
	for n := range invitations {
		all = append(all, builders.Invitation(org, fmt.Sprintf("invitation-%d", n), o.address(fmt.Sprintf("reader-%d", n))).
			Language("en").InvitedBy(o.address(ana)).Obj())
	}
	return all
}

// referencesPerSecond is how many writes that have nothing to do with Usher begin in a second.
const referencesPerSecond = 2

// refer makes a write that has nothing to do with Usher, and stores nothing.
func (o *Organization) refer(ctx context.Context) outcome {
	reference := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: o.options.Organization, GenerateName: "reference-"}}
	return judged("create ConfigMap", o.admin.Create(ctx, reference, client.DryRunAll))
}
