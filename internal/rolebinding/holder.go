// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package rolebinding

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"

	rbacv1 "k8s.io/api/rbac/v1"

	"github.com/usher-operator/usher/api/v1alpha1"
)

// Holder is who holds bindings: a person, a delegate of an organization, or a group of the identity provider.
type Holder struct {
	organization string
	// label is the label that says whose a binding is, and Name is its value. The names of the bindings begin with Name.
	label, Name string
	username    string
	// group is set in place of username for a group of the identity provider.
	group string
}

// UserHolder returns a user as a holder, with the Kubernetes user name that is in force.
func UserHolder(user *v1alpha1.OrgUser, username string) Holder {
	return Holder{organization: user.Namespace, label: v1alpha1.LabelUser, Name: user.Name, username: username}
}

// DelegateHolder returns a delegate as a holder. Its bindings are named by a digest, because a user name may contain what the name
// of an object cannot.
func DelegateHolder(o *v1alpha1.Organization, username string) Holder {
	sum := sha256.Sum256([]byte(username))
	return Holder{
		organization: o.Namespace,
		label:        v1alpha1.LabelDelegate,
		Name:         "delegate-" + hex.EncodeToString(sum[:6]),
		username:     username,
	}
}

// GroupHolder returns an OrgGroup as a holder, for the group of the identity provider that is in force.
func GroupHolder(g *v1alpha1.OrgGroup, identityGroup string) Holder {
	return Holder{organization: g.Namespace, label: v1alpha1.LabelGroup, Name: g.Name, group: identityGroup}
}

// subject returns the subject of the holder's bindings. A service account's is of a kind of its own.
func (h Holder) subject() rbacv1.Subject {
	if h.label == v1alpha1.LabelGroup {
		return rbacv1.Subject{APIGroup: rbacv1.GroupName, Kind: rbacv1.GroupKind, Name: h.group}
	}
	if account, is := strings.CutPrefix(h.username, "system:serviceaccount:"); is {
		namespace, name, _ := strings.Cut(account, ":")
		return rbacv1.Subject{Kind: rbacv1.ServiceAccountKind, Namespace: namespace, Name: name}
	}
	return rbacv1.Subject{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: h.username}
}
