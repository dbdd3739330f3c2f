// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package history

import (
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
)

// get returns the object of the same kind and this name as it is now; nil: there is none.
func (w *world) get(like client.Object, name client.ObjectKey) client.Object {
	switch like.(type) {
	case *v1alpha1.Organization:
		return present(w.organizations[name.Namespace])
	case *v1alpha1.OrgUser:
		return present(w.users[name])
	case *v1alpha1.Invitation:
		return present(w.invitations[name])
	case *v1alpha1.Workspace:
		return present(w.workspaces[name])
	case *rbacv1.RoleBinding:
		return present(w.bindings[name])
	case *corev1.Namespace:
		return present(w.namespaces[name.Name])
	}
	return nil
}

// present returns an object, or nil without a type.
func present[T any, P interface {
	*T
	client.Object
}](o P,
) client.Object {
	if o == nil {
		return nil
	}
	return o
}

// one returns the object of a change that exists, after it or before.
func (c change) one() client.Object {
	if c.after != nil {
		return c.after
	}
	return c.before
}

// organizationOf returns the namespace of the organization that a change is about.
func organizationOf(c change) string {
	o := c.one()
	if o == nil {
		return ""
	}
	if name := o.GetLabels()[v1alpha1.LabelOrganization]; name != "" {
		return name
	}
	return o.GetNamespace()
}

// line tells a change in one line, without any address of a link or text of a mail.
func line(c change) string {
	what := "changed"
	switch {
	case c.after == nil:
		what = "deleted"
	case c.before == nil:
		what = "created"
	}
	text := fmt.Sprintf("%d %s %s", c.number, strings.TrimPrefix(c.key, "/registry/"), what)
	if c.after != nil {
		text += ": " + describe(c.after)
	}
	return text
}

func describe(object client.Object) string {
	deleting := ""
	if !object.GetDeletionTimestamp().IsZero() {
		deleting = "being deleted, "
	}
	switch o := object.(type) {
	case *v1alpha1.Organization:
		text := fmt.Sprintf("administrators %v", o.Status.Administrators)
		for _, m := range o.Status.Modules {
			text += fmt.Sprintf(" %s %v leaving %v of %d", m.Name, m.Holders, m.Leaving, seatsOf(o, m.Name))
		}
		return deleting + text
	case *v1alpha1.OrgUser:
		text := fmt.Sprintf("requested %s suspend=%t %v %v, in force %s %s %v %v %s", o.Spec.Role, o.Spec.Suspend,
			grants(o.Spec.Workspaces), o.Spec.Modules, o.Status.State, o.Status.Role, granted(o.Status.Workspaces), o.Status.Modules,
			ready(o.Status.Conditions))
		if o.Status.Onboarding != nil {
			text += fmt.Sprintf(" onboarding %s %d", o.Status.Onboarding.State, o.Status.Onboarding.SendCount)
		}
		return deleting + text
	case *v1alpha1.Invitation:
		var all []string
		for _, r := range o.Status.Recipients {
			one := fmt.Sprintf("%s %s %d", r.Email, r.State, r.SendCount)
			if r.Mail != nil {
				one += fmt.Sprintf(" %s %s", r.Mail.Kind, r.Mail.State)
			}
			all = append(all, one)
		}
		return deleting + strings.Join(all, "; ")
	case *rbacv1.RoleBinding:
		return deleting + o.RoleRef.Name
	}
	return strings.TrimSuffix(deleting, ", ")
}

func ready(conditions []metav1.Condition) string {
	c := meta.FindStatusCondition(conditions, v1alpha1.ConditionReady)
	if c == nil {
		return ""
	}
	return fmt.Sprintf("%s=%s %s", c.Type, c.Status, c.Reason)
}

func grants(all []v1alpha1.WorkspaceGrant) []string {
	var texts []string
	for _, g := range all {
		texts = append(texts, string(g.Name)+"="+string(g.Access))
	}
	return texts
}

func granted(all []v1alpha1.WorkspaceGrantStatus) []string {
	var texts []string
	for _, g := range all {
		texts = append(texts, g.Name+"="+string(g.Access))
	}
	return texts
}
