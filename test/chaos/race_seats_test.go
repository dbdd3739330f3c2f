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
	module     = "support"
	seats      = 3
	requesters = 8
)

// seatRace is an organization with more users who request a module than it has seats.
type seatRace struct{ namespace string }

// raceSeats does the following simultaneously in each round: users who have a seat are deleted, suspended or return it, and
// users who have none are created or request one. Those who already wait get the freed seats.
func raceSeats(ctx context.Context, rounds int) {
	r := seatRace{env.Namespace(ctx, "cinema")}
	random := rand.New(rand.NewPCG(uint64(GinkgoRandomSeed()), 1))
	h := record(ctx, r.namespace)
	Expect(env.Client.Create(ctx, builders.Organization(r.namespace).Module(module, seats).Obj())).To(Succeed())
	Expect(env.Client.Create(ctx, builders.OrgUser(r.namespace, "ana").Role(v1alpha1.RoleOrganizationAdmin).Existing().Obj())).
		To(Succeed())
	all := answers{}
	for range rounds {
		for _, err := range atOnce(ctx, r.acts(ctx, random)) {
			all.note(err)
		}
		r.settle(ctx)
	}
	revisions := h.complete(ctx)
	judge(rounds, all, revisions, timesHeldBack(revisions, v1alpha1.ReasonAwaitingSeat), map[string]func(snapshot) string{
		"the ledger has no more holders than seats":           r.tooManyHolders,
		"the module is in force for no more users than seats": r.tooManyInForce,
	})
}

// acts draws an action for every user except those who wait for a seat, depending on the state of the user.
func (r *seatRace) acts(ctx context.Context, random *rand.Rand) []act {
	GinkgoHelper()
	users := r.users(ctx, Default)
	var acts []act
	for n := range requesters {
		name := fmt.Sprintf("user-%d", n)
		choice := []change{deletes, suspends, returnsSeat}
		switch u := users[name]; {
		case u == nil:
			o := builders.OrgUser(r.namespace, name).Modules(module).Existing().Obj()
			acts = append(acts, func(ctx context.Context) error { return env.Client.Create(ctx, o) })
			continue
		case u.Spec.Suspend:
			choice = []change{resumes, resumes, deletes}
		case len(u.Spec.Modules) == 0:
			choice = []change{requestsSeat, requestsSeat, suspends}
		case len(u.Status.Modules) == 0:
			continue
		}
		acts = append(acts, choice[random.IntN(len(choice))].to(env.Client, r.namespace, name))
	}
	return acts
}

func (r *seatRace) users(ctx context.Context, g Gomega) map[string]*v1alpha1.OrgUser {
	GinkgoHelper()
	var list v1alpha1.OrgUserList
	g.Expect(env.Client.List(ctx, &list, client.InNamespace(r.namespace))).To(Succeed())
	users := map[string]*v1alpha1.OrgUser{}
	for i := range list.Items {
		users[list.Items[i].Name] = &list.Items[i]
	}
	return users
}

// settle waits until as many users as possible have a seat, and their statuses say so.
func (r *seatRace) settle(ctx context.Context) {
	GinkgoHelper()
	Eventually(ctx, func(g Gomega) {
		o := builders.Organization(r.namespace).Obj()
		g.Expect(env.Client.Get(ctx, client.ObjectKeyFromObject(o), o)).To(Succeed())
		requesting, have := 0, []string{}
		for name, u := range r.users(ctx, g) {
			g.Expect(u.DeletionTimestamp).To(BeNil(), name)
			if !u.Spec.Suspend && len(u.Spec.Modules) > 0 {
				requesting++
			}
			if len(u.Status.Modules) > 0 {
				have = append(have, name)
			}
		}
		g.Expect(have).To(HaveLen(min(requesting, seats)))
		g.Expect(o.Status.Modules).To(HaveExactElements(
			And(HaveField("Holders", ConsistOf(have)), HaveField("Leaving", BeEmpty()))))
	}).WithTimeout(eventually).Should(Succeed())
}

func (r *seatRace) tooManyHolders(w snapshot) string {
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

func (r *seatRace) tooManyInForce(w snapshot) string {
	have := 0
	for _, u := range w.users {
		if slices.Contains(u.Status.Modules, v1alpha1.ObjectName(module)) {
			have++
		}
	}
	if have > seats {
		return "too many users have it in force"
	}
	return ""
}
