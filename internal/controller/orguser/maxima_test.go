// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package orguser

import (
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/lookup"
	"github.com/usher-operator/usher/internal/mapper"
	"github.com/usher-operator/usher/internal/rolebinding"
	"github.com/usher-operator/usher/internal/testing/maxima"
)

// BenchmarkMaxima measures each watch handler, and the phases of a pass that write nothing, at the API's maxima: 10,000 people in 32
// groups, as many of them with every module as the ledger takes, and 1,000 workspaces that name all groups.
func BenchmarkMaxima(b *testing.B) {
	const people = 10000
	users := maxima.Users(people, v1alpha1.RoleMember)
	workspaces := maxima.Workspaces(1000)
	bare, o := maxima.Organization(), maxima.Organization()
	o.Status.Modules = effective.NextSeats(o, users[:200]) // who have a seat of every module
	for _, u := range users[:effective.MaxAdministrators] {
		o.Status.Administrators = append(o.Status.Administrators, u.Name)
	}
	cache := maxima.NewCache(b.Context(), lookup.AddIndexes, o, maxima.Invitation(maxima.Recipients))
	maxima.AddAll(cache, users)
	maxima.AddAll(cache, workspaces)
	for n := range maxima.Modules {
		role := lookup.ClusterRole()
		role.Name, role.Labels = string(maxima.Name("role", n)), map[string]string{v1alpha1.LabelGrantable: "true"}
		cache.Add(role)
	}
	r := &Reconciler{cache: lookup.New(cache, effective.IntakeDomains{}), api: lookup.NewAPIReader(cache), client: cache}

	maxima.Run(b, "organization/handler/ledgers", func() error {
		_, err := r.usersForOrganization(b.Context(), mapper.Change[*v1alpha1.Organization]{Before: bare, After: o})
		return err
	})
	maxima.Run(b, "organization/handler/created", func() error {
		_, err := r.usersForOrganization(b.Context(), mapper.Change[*v1alpha1.Organization]{After: o})
		return err
	})
	crowded := maxima.Workspace()
	maxima.Run(b, "workspace/handler", func() error {
		_, err := r.usersForWorkspace(b.Context(), mapper.Change[*v1alpha1.Workspace]{After: crowded})
		return err
	})
	maxima.Run(b, "clusterrole/handler", func() error {
		role := &metav1.PartialObjectMetadata{ObjectMeta: metav1.ObjectMeta{Name: string(maxima.Name("role", 0))}}
		_, err := r.usersForClusterRole(b.Context(), mapper.Change[*metav1.PartialObjectMetadata]{After: role})
		return err
	})
	invited := mapper.Change[*v1alpha1.Invitation]{Before: maxima.Invitation(0), After: maxima.Invitation(maxima.Recipients)}
	maxima.Run(b, "invitation/handler", func() error {
		_, err := r.usersForInvitation(b.Context(), invited)
		return err
	})
	maxima.Run(b, "orguser/handler", func() error {
		_, err := r.usersForUser(b.Context(), mapper.Change[*v1alpha1.OrgUser]{After: users[0]})
		return err
	})

	administrator, member := users[0], maxima.Users(people+1, v1alpha1.RoleMember)[people]
	pass := func(u *v1alpha1.OrgUser) (*scope, error) {
		s, err := r.newScope(b.Context(), u.DeepCopy())
		if err != nil {
			return nil, err
		}
		s.in = effective.UserInForce(s.facts)
		s.plan = rolebinding.NewPlan(rolebinding.UserHolder(s.user, s.in.Username), rolebinding.ForUser(s.facts, s.in), nil)
		return s, nil
	}
	maxima.Run(b, "pass/member", func() error { _, err := pass(member); return err })
	maxima.Run(b, "pass/administrator", func() error { _, err := pass(administrator); return err })

	s, err := pass(administrator)
	if err != nil {
		b.Fatal(err)
	}
	r.now, s.user.Status.Workspaces = nil, s.in.Workspaces
	maxima.Run(b, "pass/demoted", func() error {
		goesUnseen(&s.user.Status, effective.InForce{}, s.plan.Apply)
		_, _ = keepInForce(&s.user.Status, effective.InForce{
			State: v1alpha1.UserActive, Role: v1alpha1.RoleOrganizationAdmin,
			Username: s.user.Status.Username,
		}, s.plan.Apply[2:])
		return nil
	})
}
