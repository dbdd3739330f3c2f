// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package maxima

import (
	"fmt"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/usher-operator/usher/api/v1alpha1"
)

// Maxima of the API's lists.
const (
	Modules    = 32
	Seats      = 10000
	Delegates  = 32
	Contacts   = 64
	Methods    = 16
	Groups     = 32
	Grants     = 10
	Members    = 10000
	Devices    = 1000
	Addresses  = 100
	Recipients = 500
)

// Namespace is the organization's.
const Namespace = "acme"

// name returns a name of the maximum length of 63 characters, which is different for each n.
func name(prefix string, n int) string {
	short := fmt.Sprintf("%s-%05d", prefix, n)
	return short + strings.Repeat("x", 63-len(short))
}

// Name returns the name of the nth object of a kind, or the nth group or module.
func Name(prefix string, n int) v1alpha1.ObjectName { return v1alpha1.ObjectName(name(prefix, n)) }

// Email returns the address of the nth person. It has the length of a long address of a company.
func Email(n int) string { return fmt.Sprintf("firstname.lastname-%05d@company.example", n) }

// names returns as many names as a user may have groups, or modules.
func names(prefix string) []v1alpha1.ObjectName {
	all := make([]v1alpha1.ObjectName, 0, Groups)
	for i := range Groups {
		all = append(all, Name(prefix, i))
	}
	return all
}

func metadata(n int, called string) metav1.ObjectMeta {
	return metav1.ObjectMeta{
		Namespace: Namespace, Name: called, UID: types.UID(called), Generation: 1, Finalizers: []string{v1alpha1.Finalizer},
		CreationTimestamp: metav1.NewTime(time.Date(2026, 1, 1, 0, 0, n, 0, time.UTC)),
	}
}

// Organization returns an organization whose spec is at the maxima. Its status is empty.
func Organization() *v1alpha1.Organization {
	o := &v1alpha1.Organization{ObjectMeta: metadata(0, Namespace)}
	for n := range Modules {
		seats := int32(Seats)
		o.Spec.Subscription.Modules = append(o.Spec.Subscription.Modules, v1alpha1.Module{
			Name: Name("module", n), Seats: &seats, ClusterRoleName: name("role", n),
		})
	}
	for n := range Delegates {
		o.Spec.Delegates = append(o.Spec.Delegates, v1alpha1.Delegate{
			Username: v1alpha1.Username("system:serviceaccount:argocd:" + name("delegate", n)), Role: v1alpha1.RoleUserAdmin,
		})
	}
	o.Spec.Contacts = contacts("organization")
	return o
}

// contacts returns contacts with as many methods as they may have, all of which receive everything.
func contacts(of string) []v1alpha1.Contact {
	var all []v1alpha1.Contact
	for n := range Contacts {
		c := v1alpha1.Contact{
			Name:     v1alpha1.DisplayName(fmt.Sprintf("Contact %d", n) + strings.Repeat(" x", 50)),
			Assignee: v1alpha1.EmailAddress(Email(n)),
			Notify:   []v1alpha1.Notification{v1alpha1.NotifyAlerts, v1alpha1.NotifyReports},
		}
		for m := range Methods {
			c.Methods = append(c.Methods, v1alpha1.ContactMethod{
				Type: v1alpha1.MethodEmail, Value: fmt.Sprintf("contact-%02d-%02d@%s.company.example", n, m, of),
			})
		}
		all = append(all, c)
	}
	return all
}

// Users returns people who request as much as they may, and are active with a role.
func Users(n int, role v1alpha1.Role) []*v1alpha1.OrgUser {
	groups, modules := names("group"), names("module")
	var grants []v1alpha1.WorkspaceGrant
	for g := range Grants {
		grants = append(grants, v1alpha1.WorkspaceGrant{Name: Name("workspace", g), Access: v1alpha1.WorkspaceEdit})
	}
	all := make([]*v1alpha1.OrgUser, 0, n)
	for i := range n {
		u := &v1alpha1.OrgUser{ObjectMeta: metadata(i, name("person", i))}
		u.Spec = v1alpha1.OrgUserSpec{
			Email: v1alpha1.EmailAddress(Email(i)), Role: role, Access: v1alpha1.AccessFull, Groups: groups, Modules: modules,
			Workspaces: grants, Onboarding: v1alpha1.OnboardingNone,
		}
		u.Status = v1alpha1.OrgUserStatus{
			ObservedGeneration: 1, State: v1alpha1.UserActive, Role: role, Username: Email(i),
			Conditions: []metav1.Condition{{Type: v1alpha1.ConditionAccepted, Status: metav1.ConditionTrue}},
		}
		all = append(all, u)
	}
	return all
}

// Workspaces returns workspaces that each name all groups as members, and have a namespace.
func Workspaces(n int) []*v1alpha1.Workspace {
	all := make([]*v1alpha1.Workspace, 0, n)
	for i := range n {
		w := &v1alpha1.Workspace{ObjectMeta: metadata(i, name("workspace", i))}
		w.Status.Namespace = fmt.Sprintf("%s-%05d", Namespace, i)
		w.Spec.Namespace = v1alpha1.ObjectName(w.Status.Namespace)
		for _, group := range names("group") {
			w.Spec.Members = append(w.Spec.Members, v1alpha1.WorkspaceMember{Group: group, Access: v1alpha1.WorkspaceEdit})
		}
		w.Spec.Contacts = contacts("workspace")[:1]
		all = append(all, w)
	}
	return all
}

// Workspace returns a workspace whose spec is at the maxima.
func Workspace() *v1alpha1.Workspace {
	w := Workspaces(1)[0]
	for n := range Members - Groups {
		w.Spec.Members = append(w.Spec.Members, v1alpha1.WorkspaceMember{
			Email: v1alpha1.MemberAddress(Email(n)), Access: v1alpha1.WorkspaceView,
		})
	}
	w.Spec.Contacts = contacts("workspace")
	for n := range Devices {
		w.Spec.Devices = append(w.Spec.Devices, v1alpha1.Device{
			Name: Name("device", n), SerialNumber: fmt.Sprintf("SN-%05d", n), Assignee: v1alpha1.EmailAddress(Email(n)),
		})
	}
	return w
}

// OrgGroup returns a group that lists as many people as it may.
func OrgGroup() *v1alpha1.OrgGroup {
	g := &v1alpha1.OrgGroup{ObjectMeta: metadata(0, name("group", 0))}
	g.Spec.IdentityGroup = v1alpha1.IdentityGroup("oidc:" + strings.Repeat("g", 251))
	for n := range Members {
		g.Spec.Members = append(g.Spec.Members, v1alpha1.MemberAddress(Email(n)))
	}
	return g
}

// Invitation returns an invitation that names as many people as it may, and has as many recipients.
func Invitation(recipients int) *v1alpha1.Invitation {
	i := &v1alpha1.Invitation{ObjectMeta: metadata(0, name("invitation", 0))}
	for n := range Addresses {
		i.Spec.Emails = append(i.Spec.Emails, Email(n))
	}
	i.Spec.Role, i.Spec.InvitedBy = v1alpha1.RoleMember, v1alpha1.Username(Email(0))
	i.Spec.Groups, i.Spec.Modules = names("group"), names("module")
	for n := range recipients {
		i.Status.Recipients = append(i.Status.Recipients, v1alpha1.RecipientStatus{
			Email: v1alpha1.EmailAddress(Email(n)), User: name("person", n),
			OnboardingStatus: v1alpha1.OnboardingStatus{State: v1alpha1.RecipientInvited, SendCount: 1},
		})
	}
	return i
}
