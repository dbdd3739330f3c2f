// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package history

import (
	"encoding/json"
	"strings"
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/testing/builders"
)

func TestHistory(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "History")
}

const org = "acme"

// scene is a history that a spec writes by hand.
type scene struct {
	revisions []Revision
	facts     Facts
}

// put stores an object.
func (s *scene) put(all ...client.Object) {
	GinkgoHelper()
	for _, o := range all {
		key, kind, version := keyOf(o)
		if o.GetUID() == "" {
			o.SetUID(types.UID(key))
		}
		raw, err := json.Marshal(o)
		Expect(err).NotTo(HaveOccurred())
		fields := map[string]any{}
		Expect(json.Unmarshal(raw, &fields)).To(Succeed())
		fields["kind"], fields["apiVersion"] = kind, version
		value, err := json.Marshal(fields)
		Expect(err).NotTo(HaveOccurred())
		s.revisions = append(s.revisions, Revision{Number: int64(len(s.revisions) + 1), Key: key, Value: value})
	}
}

// drop deletes an object.
func (s *scene) drop(o client.Object) {
	key, _, _ := keyOf(o)
	s.revisions = append(s.revisions, Revision{Number: int64(len(s.revisions) + 1), Key: key})
}

// violations returns the rules that were broken, those about the end included if the history has one.
func (s *scene) violations(ends bool) []string {
	GinkgoHelper()
	j := NewJudge()
	for _, r := range s.revisions {
		Expect(j.Add(r)).To(Succeed())
	}
	if ends {
		j.End(s.facts)
	}
	var broken []string
	for _, v := range j.Violations() {
		broken = append(broken, v.Rule)
	}
	return broken
}

func keyOf(o client.Object) (key, kind, version string) {
	usher := v1alpha1.GroupVersion.String()
	switch o.(type) {
	case *v1alpha1.Organization:
		kind, version = "Organization", usher
	case *v1alpha1.OrgUser:
		kind, version = "OrgUser", usher
	case *v1alpha1.Invitation:
		kind, version = "Invitation", usher
	case *v1alpha1.Workspace:
		kind, version = "Workspace", usher
	case *rbacv1.RoleBinding:
		kind, version = "RoleBinding", rbacv1.SchemeGroupVersion.String()
	case *corev1.Namespace:
		return "/registry/namespaces/" + o.GetName(), "Namespace", "v1"
	}
	key = "/registry/"
	if version == usher {
		key += v1alpha1.GroupVersion.Group + "/"
	}
	return key + strings.ToLower(kind) + "s/" + o.GetNamespace() + "/" + o.GetName(), kind, version
}

// organization returns one with these administrators in force.
func organization(administrators ...string) *v1alpha1.Organization {
	return builders.Organization(org).ModuleWithRole("support", 1, "view").With(func(o *v1alpha1.Organization) {
		o.Status.Administrators = administrators
	}).Obj()
}

// seated returns an organization with holders of a seat, and others who leave one.
func seated(holders, leaving []string) *v1alpha1.Organization {
	o := organization()
	o.Status.Modules = []v1alpha1.ModuleStatus{{Name: "support", Holders: holders, Leaving: leaving}}
	return o
}

// active returns a user in force, with the access to workspaces.
func active(name string, role v1alpha1.Role, workspaces ...string) *v1alpha1.OrgUser {
	return builders.OrgUser(org, name).Role(role).Existing().With(func(u *v1alpha1.OrgUser) {
		u.Status.State, u.Status.Role, u.Status.Username = v1alpha1.UserActive, role, name
		for _, w := range workspaces {
			u.Status.Workspaces = append(u.Status.Workspaces, builders.Granted(w, v1alpha1.WorkspaceView))
		}
	}).Obj()
}

// suspended returns a user who has nothing in force.
func suspended(name string) *v1alpha1.OrgUser {
	return builders.OrgUser(org, name).Existing().Suspended().With(func(u *v1alpha1.OrgUser) {
		u.Status.State = v1alpha1.UserSuspended
	}).Obj()
}

// binding returns the RoleBinding of a member, or of somebody who views a workspace.
func binding(user, workspace string) *rbacv1.RoleBinding {
	b := &rbacv1.RoleBinding{
		RoleRef:  rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: effective.ClusterRoleForRole(v1alpha1.RoleMember)},
		Subjects: []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: user}},
	}
	b.Namespace, b.Name = org, "usher-"+user+"-"+workspace
	b.Labels = map[string]string{
		v1alpha1.ManagedByLabel: v1alpha1.ManagedByValue, v1alpha1.LabelOrganization: org, v1alpha1.LabelUser: user,
	}
	if workspace != "" {
		b.Namespace, b.RoleRef.Name, b.Labels[v1alpha1.LabelWorkspace] = org+"-"+workspace, "view", workspace
	}
	b.ManagedFields = []metav1.ManagedFieldsEntry{{Manager: "usher", Time: &metav1.Time{}}}
	return b
}

// namespace returns a namespace of the organization.
func namespace(name string) *corev1.Namespace {
	return &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{v1alpha1.LabelOrganization: org}}}
}

// invited returns an Invitation to one person, whose status is in a state, and whose mail has a Message-ID.
func invited(state v1alpha1.RecipientState, change ...func(*v1alpha1.RecipientStatus)) *v1alpha1.Invitation {
	r := v1alpha1.RecipientStatus{Email: "luis@acme.example", User: "luis"}
	r.State, r.SendCount = state, 1
	for _, c := range change {
		c(&r)
	}
	i := builders.Invitation(org, "team", "luis@acme.example").Obj()
	i.Status.Recipients = []v1alpha1.RecipientStatus{r}
	return i
}

// mailed returns a change of a recipient: the Invitation mail has an ID and a state.
func mailed(id string, state v1alpha1.MailState) func(*v1alpha1.RecipientStatus) {
	return func(r *v1alpha1.RecipientStatus) {
		r.Mail = &v1alpha1.MailStatus{Kind: v1alpha1.MailInvitation, MessageID: id, State: state}
	}
}

func registered(r *v1alpha1.RecipientStatus) {
	r.Registration = &v1alpha1.Registration{DisplayName: "Luis"}
}
