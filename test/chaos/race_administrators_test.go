// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"context"
	"fmt"
	"math/rand/v2"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/testing/builders"
	. "github.com/usher-operator/usher/internal/testing/matchers"
)

// administratorRace is an organization whose administrators remove each other.
type administratorRace struct {
	namespace string
	names     []string
	clients   []client.Client
	past      client.Client // bypasses the webhooks
}

// raceAdministrators deletes, demotes or suspends, in each round, every administrator on behalf of the next one, in all
// combinations and simultaneously; in every other round past the webhooks. In a quarter of the rounds the requests follow
// one another while the operator works on the previous one.
func raceAdministrators(ctx context.Context, count, rounds int) {
	r := administratorRace{
		namespace: env.Namespace(ctx, "board"), names: []string{"ana", "bea", "cris"}[:count],
		past: env.As(cleaner, "system:masters"),
	}
	for _, name := range r.names {
		r.clients = append(r.clients, env.As(r.email(name)))
	}
	h := record(ctx, r.namespace)
	Expect(env.Client.Create(ctx, builders.Organization(r.namespace).Obj())).To(Succeed())
	all := answers{}
	for round := range rounds {
		r.fill(ctx)
		taken := 0
		for _, err := range atOnce(ctx, r.acts(round, h)) {
			if all.note(err) {
				taken++
			}
		}
		r.settle(ctx, max(1, count-taken))
	}
	revisions := h.complete(ctx)
	judge(rounds, all, revisions, timesKept(revisions), map[string]func(snapshot) string{
		"an administrator is listed":        administratorListed(),
		"every listed administrator exists": listedExist,
		"an administrator is in force":      administratorInForce(),
	})
}

func (r *administratorRace) email(name string) string {
	return fmt.Sprintf("%s@%s.example", name, r.namespace)
}

// acts returns the next combination. All combinations take turns, with the webhooks and past them, beginning at one that
// depends on the seed.
func (r *administratorRace) acts(round int, h *raceHistory) []act {
	mix, now := int(GinkgoRandomSeed()%27)+round/2, h.length()
	late := mix%4 == 3
	var acts []act
	for i, name := range r.names {
		as := r.clients[(i+1)%len(r.clients)]
		if round%2 == 1 {
			as = r.past
		}
		kinds := []change{deletes, demotes, suspends}
		do := kinds[mix%len(kinds)].to(as, r.namespace, name)
		length := now + i*(1+rand.IntN(3))
		acts = append(acts, func(ctx context.Context) error {
			if late {
				_ = h.await(ctx, length) // if the previous request caused fewer revisions, this is late enough
			}
			return do(ctx)
		})
		mix /= len(kinds)
	}
	return acts
}

// fill makes everybody an administrator in force again. A user who is kept as the last administrator cannot return before
// another one is in force, so all are requested before any is awaited.
func (r *administratorRace) fill(ctx context.Context) {
	GinkgoHelper()
	Eventually(ctx, func(g Gomega) {
		users := make([]*v1alpha1.OrgUser, len(r.names))
		for i, name := range r.names {
			users[i] = r.request(ctx, g, name)
		}
		for _, u := range users {
			g.Expect(u).To(And(BeReady(), HaveField("DeletionTimestamp", BeNil()),
				HaveField("Status.Role", v1alpha1.RoleOrganizationAdmin)), u.Name)
		}
		g.Expect(r.administrators(ctx, g)).To(ConsistOf(r.names))
	}).WithTimeout(eventually).Should(Succeed())
}

// request requests the role of an administrator for a user who does not have it.
func (r *administratorRace) request(ctx context.Context, g Gomega, name string) *v1alpha1.OrgUser {
	u := builders.OrgUser(r.namespace, name).Role(v1alpha1.RoleOrganizationAdmin).Existing().Obj()
	err := env.Client.Get(ctx, client.ObjectKeyFromObject(u), u)
	switch {
	case apierrors.IsNotFound(err):
		err = env.Client.Create(ctx, u)
	case err == nil && u.DeletionTimestamp.IsZero() && !requestsAdministrator(u):
		err = promotes.to(env.Client, r.namespace, name)(ctx)
	}
	g.Expect(err).NotTo(HaveOccurred())
	return u
}

func requestsAdministrator(u *v1alpha1.OrgUser) bool {
	return u.Spec.Role == v1alpha1.RoleOrganizationAdmin && !u.Spec.Suspend
}

func (r *administratorRace) administrators(ctx context.Context, g Gomega) []string {
	o := builders.Organization(r.namespace).Obj()
	g.Expect(env.Client.Get(ctx, client.ObjectKeyFromObject(o), o)).To(Succeed())
	return o.Status.Administrators
}

// settle waits until this many administrators are left, and checks that each of them has the access.
func (r *administratorRace) settle(ctx context.Context, left int) {
	GinkgoHelper()
	Eventually(ctx, func(g Gomega) {
		names := r.administrators(ctx, g)
		g.Expect(names).To(HaveLen(left))
		for _, name := range names {
			u := builders.OrgUser(r.namespace, name).Obj()
			g.Expect(env.Client.Get(ctx, client.ObjectKeyFromObject(u), u)).To(Succeed())
			g.Expect(u.Status).To(And(HaveField("State", v1alpha1.UserActive),
				HaveField("Role", v1alpha1.RoleOrganizationAdmin)), name)
		}
		g.Expect(r.holders(ctx, g)).To(ContainElements(names))
	}).WithTimeout(eventually).Should(Succeed())
}

// holders returns the users who have the administrators' RoleBinding.
func (r *administratorRace) holders(ctx context.Context, g Gomega) []string {
	var list rbacv1.RoleBindingList
	g.Expect(env.Client.List(ctx, &list, client.InNamespace(r.namespace))).To(Succeed())
	var names []string
	for _, binding := range list.Items {
		if binding.RoleRef.Name == "usher-organization-admin" {
			names = append(names, binding.Labels[v1alpha1.LabelUser])
		}
	}
	return names
}

// administratorListed is the rule that there is always an administrator in the ledger once there was one.
func administratorListed() func(snapshot) string {
	had := false
	return func(w snapshot) string {
		if w.organization == nil {
			return ""
		}
		empty := len(w.organization.Status.Administrators) == 0
		had = had || !empty
		if had && empty {
			return "the list is empty"
		}
		return ""
	}
}

func listedExist(w snapshot) string {
	if w.organization == nil {
		return ""
	}
	for _, name := range w.organization.Status.Administrators {
		if w.users[name] == nil {
			return name + " is listed and does not exist"
		}
	}
	return ""
}

// administratorInForce is the rule that there is always a user whose status has the role in force once there was one.
func administratorInForce() func(snapshot) string {
	had := false
	return func(w snapshot) string {
		some := false
		for _, u := range w.users {
			some = some || u.Status.State == v1alpha1.UserActive && u.Status.Role == v1alpha1.RoleOrganizationAdmin
		}
		had = had || some
		if had && !some {
			return "no user has the role in force"
		}
		return ""
	}
}

// timesKept counts how often the reconciler kept an administrator, against the request, because no other was left.
func timesKept(revisions []revision) int {
	kept := func(w snapshot) string {
		if w.organization == nil || len(w.organization.Status.Administrators) != 1 {
			return ""
		}
		u := w.users[w.organization.Status.Administrators[0]]
		if u == nil || u.DeletionTimestamp.IsZero() && requestsAdministrator(u) {
			return ""
		}
		return u.Name + " is kept"
	}
	return len(violations(revisions, kept))
}
