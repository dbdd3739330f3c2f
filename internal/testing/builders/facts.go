// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package builders

import (
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
)

// UserFacts returns what decides what is in force for a user, with the entries of these workspaces that name them.
func UserFacts(user *v1alpha1.OrgUser, o *v1alpha1.Organization, workspaces ...*v1alpha1.Workspace) effective.UserFacts {
	f := effective.UserFacts{User: user, Organization: o, Workspaces: workspaces}
	for _, w := range workspaces {
		for _, m := range w.Spec.Members {
			if key := effective.KeyOfMember(m); slices.Contains(effective.KeysOfUser(user), key) {
				if f.Named == nil {
					f.Named = map[string][]v1alpha1.GrantOrigin{}
				}
				f.Named[w.Name] = append(f.Named[w.Name], effective.OriginOfMember(key, m.Access))
			}
		}
	}
	return f
}

// Deleted marks a user as being deleted and returns it.
func Deleted(u *v1alpha1.OrgUser) *v1alpha1.OrgUser {
	u.DeletionTimestamp = ptr.To(metav1.NewTime(time.Unix(1, 0)))
	return u
}

// Grant returns the grant of an access to a workspace.
func Grant(workspace string, access v1alpha1.WorkspaceAccess) v1alpha1.WorkspaceGrant {
	return v1alpha1.WorkspaceGrant{Name: v1alpha1.ObjectName(workspace), Access: access}
}

// EditGrant returns the grant of Edit to a workspace.
func EditGrant(workspace string) v1alpha1.WorkspaceGrant {
	return Grant(workspace, v1alpha1.WorkspaceEdit)
}

// Onboarding returns an onboarding in a state, with an invitation's mail in another, if any.
func Onboarding(state v1alpha1.RecipientState, mail v1alpha1.MailState) *v1alpha1.OnboardingStatus {
	o := &v1alpha1.OnboardingStatus{State: state}
	if mail != "" {
		o.Mail = &v1alpha1.MailStatus{Kind: v1alpha1.MailInvitation, State: mail}
	}
	return o
}

// Granted returns an access in force to a workspace.
func Granted(workspace string, access v1alpha1.WorkspaceAccess) v1alpha1.WorkspaceGrantStatus {
	return v1alpha1.WorkspaceGrantStatus{Name: workspace, Access: access}
}

// Owned returns a workspace of organization acme that has its namespace.
func Owned(name string) *v1alpha1.Workspace {
	w := Workspace("acme", name).Obj()
	w.Status.Namespace = "acme-" + name
	return w
}
