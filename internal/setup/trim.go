// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package setup

import (
	"maps"
	"strings"
	"unique"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/memory"
	"github.com/usher-operator/usher/internal/question/store"
)

// trim drops from an object what is not read, before the cache keeps it. What is dropped must not come back to the API server: objects from
// the cache are written by patches of their differences, and never as a whole.
type trim func(o client.Object)

// transform returns what the cache does with each object that it is sent: it drops what is not read, keeps an object that it has already,
// and waits while there is no room.
func transform(guard *memory.Guard, kept *retained, trims ...trim) func(any) (any, error) {
	return func(object any) (any, error) {
		o, is := object.(client.Object)
		if !is {
			return object, nil // the last state of an object that is gone
		}
		if same := kept.find(o); same != nil {
			return same, nil
		}
		guard.Admit()
		trimMeta(o)
		for _, trim := range trims {
			trim(o)
		}
		return o, nil
	}
}

// trimMeta drops who has set which field, and the manifest that kubectl apply keeps in an annotation, of up to 256 KiB; but not of Secrets,
// one of which is written as a whole.
func trimMeta(o client.Object) {
	o.SetManagedFields(nil)
	_, secret := o.(*corev1.Secret)
	if _, has := o.GetAnnotations()[corev1.LastAppliedConfigAnnotation]; has && !secret {
		o.SetAnnotations(without(o.GetAnnotations(), corev1.LastAppliedConfigAnnotation))
	}
	o.SetNamespace(shared(o.GetNamespace()))
	o.SetLabels(sharedMap(o.GetLabels()))
	finalizers := o.GetFinalizers()
	for n := range finalizers {
		finalizers[n] = shared(finalizers[n])
	}
}

// without returns a map without a key that it has.
func without(values map[string]string, key string) map[string]string {
	kept := make(map[string]string, len(values)-1)
	maps.Copy(kept, values)
	if delete(kept, key); len(kept) == 0 {
		return nil
	}
	return kept
}

// shared returns a string of which there is only one copy in memory. It is for values that many objects have.
func shared[S ~string](s S) S { return unique.Make(s).Value() }

func sharedMap(values map[string]string) map[string]string {
	if len(values) == 0 {
		return nil
	}
	out := make(map[string]string, len(values))
	for key, value := range values {
		out[shared(key)] = shared(value)
	}
	return out
}

// trimUser shares the values that many people have.
func trimUser(o client.Object) {
	u, is := o.(*v1alpha1.OrgUser)
	if !is {
		return
	}
	u.Spec.Role, u.Spec.Access, u.Spec.Onboarding = shared(u.Spec.Role), shared(u.Spec.Access), shared(u.Spec.Onboarding)
	for n := range u.Spec.Workspaces {
		u.Spec.Workspaces[n].Name, u.Spec.Workspaces[n].Access = shared(u.Spec.Workspaces[n].Name), shared(u.Spec.Workspaces[n].Access)
	}
	shareAll(u.Spec.Groups)
	shareAll(u.Spec.Modules)
	u.Spec.Workspaces, u.Spec.Groups, u.Spec.Modules = exact(u.Spec.Workspaces), exact(u.Spec.Groups), exact(u.Spec.Modules)
	trimUserStatus(u)
}

func trimUserStatus(u *v1alpha1.OrgUser) {
	s := &u.Status
	s.State, s.Role, s.UsernameSource = shared(s.State), shared(s.Role), shared(s.UsernameSource)
	s.WorkspaceSummary = shared(s.WorkspaceSummary)
	for n := range s.Workspaces {
		grant := &s.Workspaces[n]
		grant.Name, grant.Access = shared(grant.Name), shared(grant.Access)
		for m := range grant.Origins {
			o := &grant.Origins[m]
			o.Source, o.Group, o.Access = shared(o.Source), shared(o.Group), shared(o.Access)
		}
		grant.Origins = exact(grant.Origins)
	}
	shareAll(s.Modules)
	shareAll(s.Groups)
	s.ByGroup.Role, s.ByGroup.Group = shared(s.ByGroup.Role), shared(s.ByGroup.Group)
	shareAll(s.ByGroup.Modules)
	s.Groups = exact(s.Groups)
	s.Workspaces, s.Modules, s.Conditions = exact(s.Workspaces), exact(s.Modules), exact(s.Conditions)
	if s.Email == string(u.Spec.Email) {
		s.Email = string(u.Spec.Email)
	}
	if s.Username == string(u.Spec.Email) {
		s.Username = string(u.Spec.Email)
	}
	if s.DisplayName == string(u.Spec.DisplayName) {
		s.DisplayName = string(u.Spec.DisplayName)
	}
	shareConditions(s.Conditions)
}

// trimGroup shares the addresses that several groups list, and the names of the workspaces that they open.
func trimGroup(o client.Object) {
	g, is := o.(*v1alpha1.OrgGroup)
	if !is {
		return
	}
	shareAll(g.Spec.Members)
	for n := range g.Status.Workspaces {
		grant := &g.Status.Workspaces[n]
		grant.Name, grant.Access = shared(grant.Name), shared(grant.Access)
	}
	g.Spec.Members, g.Status.Workspaces, g.Status.Conditions = exact(g.Spec.Members), exact(g.Status.Workspaces), exact(g.Status.Conditions)
	shareConditions(g.Status.Conditions)
}

func shareAll[S ~string](values []S) {
	for n := range values {
		values[n] = shared(values[n])
	}
}

// exact returns a slice without the room that decoding leaves behind its last entry, for entries to come.
func exact[S ~[]E, E any](values S) S {
	if len(values) == cap(values) {
		return values
	}
	out := make(S, len(values))
	copy(out, values)
	return out
}

func shareConditions(conditions []metav1.Condition) {
	for n := range conditions {
		c := &conditions[n]
		c.Type, c.Status, c.Reason, c.Message = shared(c.Type), shared(c.Status), shared(c.Reason), shared(c.Message)
	}
}

// trimBinding shares the values that the bindings of a person, or of a role, have in common.
func trimBinding(o client.Object) {
	b, is := o.(*rbacv1.RoleBinding)
	if !is {
		return
	}
	b.RoleRef = rbacv1.RoleRef{APIGroup: shared(b.RoleRef.APIGroup), Kind: shared(b.RoleRef.Kind), Name: shared(b.RoleRef.Name)}
	for n := range b.Subjects {
		s := &b.Subjects[n]
		*s = rbacv1.Subject{Kind: shared(s.Kind), APIGroup: shared(s.APIGroup), Name: shared(s.Name), Namespace: shared(s.Namespace)}
	}
}

// trimNamespace keeps a namespace's labels, by which its owner is known, and Usher's annotations: there may be many namespaces in the
// cluster that have nothing to do with Usher, with long annotations of others.
func trimNamespace(o client.Object) {
	n, is := o.(*corev1.Namespace)
	if !is {
		return
	}
	n.Annotations = ownAnnotations(n.Annotations)
	n.OwnerReferences, n.Finalizers = nil, nil
	n.Spec, n.Status = corev1.NamespaceSpec{}, corev1.NamespaceStatus{}
}

// ownAnnotations returns the annotations that are Usher's.
func ownAnnotations(annotations map[string]string) map[string]string {
	kept := map[string]string{}
	for key, value := range annotations {
		domain, _, _ := strings.Cut(key, "/")
		if domain == v1alpha1.GroupVersion.Group || strings.HasSuffix(domain, "."+v1alpha1.GroupVersion.Group) {
			kept[key] = value
		}
	}
	if len(kept) == 0 {
		return nil
	}
	return kept
}

// trimSecret returns a trim that keeps the contents of the Secrets that are read: the operator's own, and questions. Of the tokens of a
// directory, the names are.
func trimSecret(o *Options) trim {
	read := map[string]bool{certificateKey(o).Name: true, portalCertificate: true, linkKeysKey(o).Name: true}
	return func(object client.Object) {
		if s, is := object.(*corev1.Secret); is && s.Name == v1alpha1.DirectoryTokensSecret {
			for name := range s.Data {
				s.Data[name] = nil
			}
			s.StringData, s.Annotations = nil, nil
		} else if is && !read[s.Name] && !store.IsQuestion(s) {
			s.Data, s.StringData, s.Annotations, s.OwnerReferences = nil, nil, nil, nil
		}
	}
}
