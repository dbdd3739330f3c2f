// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package notices

import (
	"fmt"
	"testing"
	"time"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/lookup"
	"github.com/usher-operator/usher/internal/mapper"
	"github.com/usher-operator/usher/internal/notice"
	"github.com/usher-operator/usher/internal/testing/maxima"
)

// BenchmarkMaxima measures each watch handler, and a pass without its writes, at the API's maxima: 10,000 people who all request every
// module, 1,000 workspaces with contacts, 100 Invitations all of whose recipients the mail server refuses, and 1,024 destinations.
func BenchmarkMaxima(b *testing.B) {
	o, w := maxima.Organization(), maxima.Workspace()
	users := maxima.Users(10000, v1alpha1.RoleMember)
	o.Status.Modules = effective.NextSeats(o, users)
	for n := range o.Status.Modules { // so that half of the people wait
		m := &o.Status.Modules[n]
		seats := int32(len(m.Holders) / 2)
		m.Holders, m.Seats, m.Used = m.Holders[:seats], &seats, &seats
	}
	cache := maxima.NewCache(b.Context(), lookup.AddIndexes, o, w)
	maxima.AddAll(cache, users)
	maxima.AddAll(cache, maxima.Workspaces(1000)[1:])
	var refused *v1alpha1.Invitation
	for n := range 100 {
		i := maxima.Invitation(maxima.Recipients)
		i.Name = fmt.Sprint(i.Name[:50], n)
		for k := range i.Status.Recipients {
			i.Status.Recipients[k].State = v1alpha1.RecipientUndeliverable
		}
		cache.Add(i)
		refused = i
	}
	n := Notices{cache: lookup.New(cache, effective.IntakeDomains{}), now: time.Now, mailDomain: "usher.example"}
	r := &workspaceReconciler{n}

	maxima.Run(b, "organization/handler", func() error {
		_, err := r.workspacesForOrganization(b.Context(), mapper.Change[*v1alpha1.Organization]{After: o})
		return err
	})
	maxima.Run(b, "orguser/handler", func() error {
		_, err := r.workspacesForUser(b.Context(), mapper.Change[*v1alpha1.OrgUser]{After: users[0]})
		return err
	})
	few := users[1].DeepCopy()
	few.Spec.Groups, few.Spec.Workspaces = nil, few.Spec.Workspaces[:2]
	maxima.Run(b, "orguser/handler-few", func() error {
		_, err := r.workspacesForUser(b.Context(), mapper.Change[*v1alpha1.OrgUser]{After: few})
		return err
	})
	maxima.Run(b, "invitation/handler", func() error {
		_, err := r.workspacesForInvitation(b.Context(), mapper.Change[*v1alpha1.Invitation]{After: refused})
		return err
	})
	for name, t := range map[string]*target{
		"organization": {object: o, organization: o}, "workspace": {object: w, organization: o, workspace: w},
	} {
		plan := func() error {
			s, err := n.snapshot(b.Context(), t)
			if err != nil {
				return err
			}
			causes, _ := notice.Alerts(s)
			next, _ := n.planFor(t, s, causes).Next(*t.notices())
			*t.notices() = next
			return nil
		}
		maxima.Run(b, name+"/plan", plan)
		maxima.Run(b, name+"/messages", func() error {
			box := &outbox{Notices: &n, target: t}
			var err error
			if box.snapshot, err = n.snapshot(b.Context(), t); err != nil {
				return err
			}
			for _, m := range box.Pending() {
				box.Render(b.Context(), m.ID)
			}
			return nil
		})
	}
}
