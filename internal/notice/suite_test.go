// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package notice_test

import (
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/testing/builders"
)

func TestNotice(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "Notice")
}

var now = time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC)

func at(after time.Duration) *metav1.Time { return &metav1.Time{Time: now.Add(after)} }

// user returns a user of acme in a state.
func user(name string, state v1alpha1.UserState, change ...func(*v1alpha1.OrgUser)) *v1alpha1.OrgUser {
	u := builders.OrgUser("acme", name).Obj()
	u.Status.State = state
	for _, c := range change {
		c(u)
	}
	return u
}

func active(name string, change ...func(*v1alpha1.OrgUser)) *v1alpha1.OrgUser {
	return user(name, v1alpha1.UserActive, change...)
}

func requesting(modules ...string) func(*v1alpha1.OrgUser) {
	return func(u *v1alpha1.OrgUser) {
		for _, m := range modules {
			u.Spec.Modules = append(u.Spec.Modules, v1alpha1.ObjectName(m))
		}
	}
}

func in(workspace string) func(*v1alpha1.OrgUser) {
	return func(u *v1alpha1.OrgUser) {
		u.Spec.Workspaces = append(u.Spec.Workspaces, v1alpha1.WorkspaceGrant{Name: v1alpha1.ObjectName(workspace), Access: v1alpha1.WorkspaceEdit})
	}
}

// seats returns an organization with a module's ledger.
func seats(module string, bought int32, holders ...string) *v1alpha1.Organization {
	o := builders.Organization("acme").Module(module, bought).Obj()
	used := int32(len(holders))
	o.Status.Modules = []v1alpha1.ModuleStatus{{Name: module, Seats: &bought, Used: &used, Holders: holders}}
	return o
}

// undeliverable returns an Invitation whose addresses are refused.
func undeliverable(name string, emails ...string) *v1alpha1.Invitation {
	i := builders.Invitation("acme", name, emails...).Obj()
	for _, email := range emails {
		i.Status.Recipients = append(i.Status.Recipients, v1alpha1.RecipientStatus{
			Email: v1alpha1.EmailAddress(email),
			OnboardingStatus: v1alpha1.OnboardingStatus{
				State: v1alpha1.RecipientUndeliverable, Mail: &v1alpha1.MailStatus{LastError: "550 no such user"},
			},
		})
	}
	return i
}
