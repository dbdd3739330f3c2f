// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package history

import (
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
)

// world is everything that exists at one revision.
type world struct {
	organizations map[string]*v1alpha1.Organization // by namespace
	known         map[string]bool                   // the namespaces in which there ever was one
	users         objects[*v1alpha1.OrgUser]
	invitations   objects[*v1alpha1.Invitation]
	workspaces    objects[*v1alpha1.Workspace]
	bindings      objects[*rbacv1.RoleBinding]
	namespaces    map[string]*corev1.Namespace
	gone          map[string]bool // the namespaces that were deleted
	// usersOf are the users of an organization, and bindingsOf the bindings of a user.
	usersOf    map[string]map[string]*v1alpha1.OrgUser
	bindingsOf map[types.NamespacedName]objects[*rbacv1.RoleBinding]
}

type objects[T client.Object] map[types.NamespacedName]T

// change is what one revision has changed: the object before and after it. Before is nil if it was created, after if it was deleted.
type change struct {
	number        int64
	key           string
	before, after client.Object
}

func newWorld() *world {
	return &world{
		organizations: map[string]*v1alpha1.Organization{}, known: map[string]bool{}, users: objects[*v1alpha1.OrgUser]{},
		invitations: objects[*v1alpha1.Invitation]{}, workspaces: objects[*v1alpha1.Workspace]{},
		bindings: objects[*rbacv1.RoleBinding]{}, namespaces: map[string]*corev1.Namespace{}, gone: map[string]bool{},
		usersOf: map[string]map[string]*v1alpha1.OrgUser{}, bindingsOf: map[types.NamespacedName]objects[*rbacv1.RoleBinding]{},
	}
}

// put puts an object that exists now in the place of the one before it.
func (w *world) put(before, after client.Object) {
	w.remove(before)
	switch o := after.(type) {
	case *v1alpha1.Organization:
		w.organizations[o.Namespace], w.known[o.Namespace] = o, true
	case *v1alpha1.OrgUser:
		w.users[client.ObjectKeyFromObject(o)] = o
		if w.usersOf[o.Namespace] == nil {
			w.usersOf[o.Namespace] = map[string]*v1alpha1.OrgUser{}
		}
		w.usersOf[o.Namespace][o.Name] = o
	case *v1alpha1.Invitation:
		w.invitations[client.ObjectKeyFromObject(o)] = o
	case *v1alpha1.Workspace:
		w.workspaces[client.ObjectKeyFromObject(o)] = o
	case *corev1.Namespace:
		w.namespaces[o.Name] = o
		delete(w.gone, o.Name)
	case *rbacv1.RoleBinding:
		w.bindings[client.ObjectKeyFromObject(o)] = o
		user := userOf(o)
		if w.bindingsOf[user] == nil {
			w.bindingsOf[user] = objects[*rbacv1.RoleBinding]{}
		}
		w.bindingsOf[user][client.ObjectKeyFromObject(o)] = o
	}
}

// remove removes an object, unless it is nil.
func (w *world) remove(before client.Object) {
	switch o := before.(type) {
	case *v1alpha1.Organization:
		delete(w.organizations, o.Namespace)
	case *v1alpha1.OrgUser:
		delete(w.users, client.ObjectKeyFromObject(o))
		delete(w.usersOf[o.Namespace], o.Name)
	case *v1alpha1.Invitation:
		delete(w.invitations, client.ObjectKeyFromObject(o))
	case *v1alpha1.Workspace:
		delete(w.workspaces, client.ObjectKeyFromObject(o))
	case *corev1.Namespace:
		delete(w.namespaces, o.Name)
		w.gone[o.Name] = true
	case *rbacv1.RoleBinding:
		delete(w.bindings, client.ObjectKeyFromObject(o))
		delete(w.bindingsOf[userOf(o)], client.ObjectKeyFromObject(o))
	}
}

// userOf returns the user who holds a binding; without a name if nobody's label is on it.
func userOf(b *rbacv1.RoleBinding) types.NamespacedName {
	return types.NamespacedName{Namespace: b.Labels[v1alpha1.LabelOrganization], Name: b.Labels[v1alpha1.LabelUser]}
}

// standing returns the organization of a namespace unless it, or the namespace, is being deleted or gone: then nothing has to hold any
// more. A namespace can be gone before what is in it: Kubernetes deletes the kinds of which the API server tells, and one that has just
// started does not tell of all.
func (w *world) standing(namespace string) *v1alpha1.Organization {
	o := w.organizations[namespace]
	if o == nil || !o.DeletionTimestamp.IsZero() {
		return nil
	}
	if n := w.namespaces[namespace]; w.gone[namespace] || n != nil && !n.DeletionTimestamp.IsZero() {
		return nil
	}
	return o
}
