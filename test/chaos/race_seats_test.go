// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/testing/builders"
)

const (
	module  = "support"
	seats   = 3
	wishers = 8
)

// cinema is an organization with more people who wish a module than it has seats.
type cinema struct{ namespace string }

// raceSeats: in each round whoever has a seat is deleted or suspended or gives it back, and whoever has none comes or asks
// for one, at the same instant; those who wait already get what is freed.
func raceSeats(ctx context.Context, rounds int) {
	c := cinema{env.Namespace(ctx, "cinema")}
	random := rand.New(rand.NewPCG(uint64(GinkgoRandomSeed()), 1))
	h := record(ctx, c.namespace)
	Expect(env.Client.Create(ctx, builders.Organization(c.namespace).Module(module, seats).Obj())).To(Succeed())
	Expect(env.Client.Create(ctx, builders.OrgUser(c.namespace, "ana").Role(v1alpha1.RoleOrganizationAdmin).Existing().Obj())).
		To(Succeed())
	all := answers{}
	for range rounds {
		for _, err := range atOnce(ctx, c.acts(ctx, random)) {
			all.note(err)
		}
		c.settle(ctx)
	}
	revisions := h.complete(ctx)
	judge(rounds, all, revisions, told(revisions, v1alpha1.ReasonAwaitingSeat), map[string]func(world) string{
		"the ledger has no more holders than seats":  c.ledgerFault,
		"no more people than seats have it in force": c.inForceFault,
	})
}

// acts draws something to do for everybody but those who wait for a seat, by how it stands.
func (c *cinema) acts(ctx context.Context, random *rand.Rand) []act {
	GinkgoHelper()
	users := c.users(ctx, Default)
	var acts []act
	for n := range wishers {
		name := fmt.Sprintf("user-%d", n)
		choice := []change{deletes, suspends, takes}
		switch u := users[name]; {
		case u == nil:
			o := builders.OrgUser(c.namespace, name).Modules(module).Existing().Obj()
			acts = append(acts, func(ctx context.Context) error { return env.Client.Create(ctx, o) })
			continue
		case u.Spec.Suspend:
			choice = []change{resumes, resumes, deletes}
		case len(u.Spec.Modules) == 0:
			choice = []change{gives, gives, suspends}
		case len(u.Status.Modules) == 0:
			continue
		}
		acts = append(acts, choice[random.IntN(len(choice))].to(env.Client, c.namespace, name))
	}
	return acts
}

func (c *cinema) users(ctx context.Context, g Gomega) map[string]*v1alpha1.OrgUser {
	GinkgoHelper()
	var list v1alpha1.OrgUserList
	g.Expect(env.Client.List(ctx, &list, client.InNamespace(c.namespace))).To(Succeed())
	users := map[string]*v1alpha1.OrgUser{}
	for i := range list.Items {
		users[list.Items[i].Name] = &list.Items[i]
	}
	return users
}

// settle waits until as many as can have a seat, and each of them knows.
func (c *cinema) settle(ctx context.Context) {
	GinkgoHelper()
	Eventually(ctx, func(g Gomega) {
		o := builders.Organization(c.namespace).Obj()
		g.Expect(env.Client.Get(ctx, client.ObjectKeyFromObject(o), o)).To(Succeed())
		wishing, have := 0, []string{}
		for name, u := range c.users(ctx, g) {
			g.Expect(u.DeletionTimestamp).To(BeNil(), name)
			if !u.Spec.Suspend && len(u.Spec.Modules) > 0 {
				wishing++
			}
			if len(u.Status.Modules) > 0 {
				have = append(have, name)
			}
		}
		g.Expect(have).To(HaveLen(min(wishing, seats)))
		g.Expect(o.Status.Modules).To(HaveExactElements(
			And(HaveField("Holders", ConsistOf(have)), HaveField("Leaving", BeEmpty()))))
	}).WithTimeout(eventually).Should(Succeed())
}

func (c *cinema) ledgerFault(w world) string {
	if w.organization == nil {
		return ""
	}
	for _, m := range w.organization.Status.Modules {
		if len(m.Holders)+len(m.Leaving) > seats {
			return "too many holders"
		}
	}
	return ""
}

func (c *cinema) inForceFault(w world) string {
	have := 0
	for _, u := range w.users {
		if slices.Contains(u.Status.Modules, v1alpha1.ObjectName(module)) {
			have++
		}
	}
	if have > seats {
		return "too many have it in force"
	}
	return ""
}
