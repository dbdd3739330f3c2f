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

// boardroom is an organization whose administrators remove each other.
type boardroom struct {
	namespace string
	names     []string
	clients   []client.Client
	past      client.Client // past the webhooks
}

// raceAdministrators: in each round every administrator is deleted, demoted or suspended by the next one, at the same
// instant, in all mixes; in every other round past the webhooks. In a quarter of the rounds they go one after the other,
// while the operator is at work on the one before.
func raceAdministrators(ctx context.Context, count, rounds int) {
	b := boardroom{
		namespace: env.Namespace(ctx, "board"), names: []string{"ana", "bea", "cris"}[:count],
		past: env.As(cleaner, "system:masters"),
	}
	for _, name := range b.names {
		b.clients = append(b.clients, env.As(b.email(name)))
	}
	h := record(ctx, b.namespace)
	Expect(env.Client.Create(ctx, builders.Organization(b.namespace).Obj())).To(Succeed())
	all := answers{}
	for round := range rounds {
		b.fill(ctx)
		taken := 0
		for _, err := range atOnce(ctx, b.acts(round, h)) {
			if all.note(err) {
				taken++
			}
		}
		b.settle(ctx, max(1, count-taken))
	}
	revisions := h.complete(ctx)
	judge(rounds, all, revisions, heldBack(revisions), map[string]func(world) string{
		"somebody is on the list of administrators": listed(),
		"whoever is on the list exists":             existing,
		"somebody acts as administrator":            acting(),
	})
}

func (b *boardroom) email(name string) string { return fmt.Sprintf("%s@%s.example", name, b.namespace) }

// acts gives the next mix. All mixes come by turns, with the webhooks and past them; the seed says which is the first.
func (b *boardroom) acts(round int, h *history) []act {
	mix, now := int(GinkgoRandomSeed()%27)+round/2, h.length()
	late := mix%4 == 3
	var acts []act
	for i, name := range b.names {
		as := b.clients[(i+1)%len(b.clients)]
		if round%2 == 1 {
			as = b.past
		}
		kinds := []change{deletes, demotes, suspends}
		do := kinds[mix%len(kinds)].to(as, b.namespace, name)
		length := now + i*(1+rand.IntN(3))
		acts = append(acts, func(ctx context.Context) error {
			if late {
				_ = h.await(ctx, length) // he who was first may have made less of a stir: then it is late enough
			}
			return do(ctx)
		})
		mix /= len(kinds)
	}
	return acts
}

// fill makes everybody an administrator in force again. Who waits to be let go cannot come back before somebody else has
// come, so nobody waits for him.
func (b *boardroom) fill(ctx context.Context) {
	GinkgoHelper()
	Eventually(ctx, func(g Gomega) {
		users := make([]*v1alpha1.OrgUser, len(b.names))
		for i, name := range b.names {
			users[i] = b.ask(ctx, g, name)
		}
		for _, u := range users {
			g.Expect(u).To(And(BeReady(), HaveField("DeletionTimestamp", BeNil()),
				HaveField("Status.Role", v1alpha1.RoleOrganizationAdmin)), u.Name)
		}
		g.Expect(b.administrators(ctx, g)).To(ConsistOf(b.names))
	}).WithTimeout(eventually).Should(Succeed())
}

// ask declares somebody as an administrator, unless that is so.
func (b *boardroom) ask(ctx context.Context, g Gomega, name string) *v1alpha1.OrgUser {
	u := builders.OrgUser(b.namespace, name).Role(v1alpha1.RoleOrganizationAdmin).Existing().Obj()
	err := env.Client.Get(ctx, client.ObjectKeyFromObject(u), u)
	switch {
	case apierrors.IsNotFound(err):
		err = env.Client.Create(ctx, u)
	case err == nil && u.DeletionTimestamp.IsZero() && !wishesToRule(u):
		err = promotes.to(env.Client, b.namespace, name)(ctx)
	}
	g.Expect(err).NotTo(HaveOccurred())
	return u
}

func wishesToRule(u *v1alpha1.OrgUser) bool {
	return u.Spec.Role == v1alpha1.RoleOrganizationAdmin && !u.Spec.Suspend
}

func (b *boardroom) administrators(ctx context.Context, g Gomega) []string {
	o := builders.Organization(b.namespace).Obj()
	g.Expect(env.Client.Get(ctx, client.ObjectKeyFromObject(o), o)).To(Succeed())
	return o.Status.Administrators
}

// settle waits until only so many administrators are left, and checks that each of them really has the power.
func (b *boardroom) settle(ctx context.Context, left int) {
	GinkgoHelper()
	Eventually(ctx, func(g Gomega) {
		names := b.administrators(ctx, g)
		g.Expect(names).To(HaveLen(left))
		for _, name := range names {
			u := builders.OrgUser(b.namespace, name).Obj()
			g.Expect(env.Client.Get(ctx, client.ObjectKeyFromObject(u), u)).To(Succeed())
			g.Expect(u.Status).To(And(HaveField("State", v1alpha1.UserActive),
				HaveField("Role", v1alpha1.RoleOrganizationAdmin)), name)
		}
		g.Expect(b.holders(ctx, g)).To(ContainElements(names))
	}).WithTimeout(eventually).Should(Succeed())
}

// holders gives who has the administrators' RoleBinding.
func (b *boardroom) holders(ctx context.Context, g Gomega) []string {
	var list rbacv1.RoleBindingList
	g.Expect(env.Client.List(ctx, &list, client.InNamespace(b.namespace))).To(Succeed())
	var names []string
	for _, binding := range list.Items {
		if binding.RoleRef.Name == "usher-organization-admin" {
			names = append(names, binding.Labels[v1alpha1.LabelUser])
		}
	}
	return names
}

// listed: once there was an administrator in force, there always is one.
func listed() func(world) string {
	had := false
	return func(w world) string {
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

func existing(w world) string {
	if w.organization == nil {
		return ""
	}
	for _, name := range w.organization.Status.Administrators {
		if w.users[name] == nil {
			return name + " is on the list and does not exist"
		}
	}
	return ""
}

// acting: once somebody's own status said so, somebody's always does.
func acting() func(world) string {
	had := false
	return func(w world) string {
		some := false
		for _, u := range w.users {
			some = some || u.Status.State == v1alpha1.UserActive && u.Status.Role == v1alpha1.RoleOrganizationAdmin
		}
		had = had || some
		if had && !some {
			return "nobody acts as administrator"
		}
		return ""
	}
}

// heldBack counts how often the reconciler kept somebody an administrator against the wish, because nobody else was left.
func heldBack(revisions []revision) int {
	kept := func(w world) string {
		if w.organization == nil || len(w.organization.Status.Administrators) != 1 {
			return ""
		}
		u := w.users[w.organization.Status.Administrators[0]]
		if u == nil || u.DeletionTimestamp.IsZero() && wishesToRule(u) {
			return ""
		}
		return u.Name + " is kept"
	}
	return len(violations(revisions, kept))
}
