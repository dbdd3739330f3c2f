// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"context"
	"fmt"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/testing/builders"
	. "github.com/usher-operator/usher/internal/testing/matchers"
)

// renameRace is an organization whose only administrator gets another name again and again.
type renameRace struct{ namespace string }

// raceRenames gives, in each round, the object of the only administrator another name: it requests the new object and the deletion of
// the former one simultaneously, in every other round past the webhooks. In every third round, the new object is demoted at the same
// time, and must not leave the organization without anybody.
func raceRenames(ctx context.Context, rounds int) {
	r := renameRace{env.Namespace(ctx, "renamed")}
	h := record(ctx, r.namespace)
	Expect(env.Client.Create(ctx, builders.Organization(r.namespace).Obj())).To(Succeed())
	former := r.named(0)
	Expect(env.Client.Create(ctx, former)).To(Succeed())
	r.settle(ctx, former)
	all := answers{}
	for round := range rounds {
		next, deletion := r.named(round+1), env.Client
		if round%2 == 1 {
			deletion = env.As(cleaner, "system:masters")
		}
		acts := []act{
			func(ctx context.Context) error { return env.Client.Create(ctx, next.DeepCopy()) },
			func(ctx context.Context) error { return deletion.Delete(ctx, former.DeepCopy()) },
		}
		if round%3 == 2 {
			acts = append(acts, func(ctx context.Context) error {
				return client.IgnoreNotFound(demotes.to(env.Client, r.namespace, next.Name)(ctx))
			})
		}
		for _, err := range atOnce(ctx, acts) {
			all.note(err)
		}
		// What came too early is requested again, as GitOps tools do.
		Eventually(ctx, func() error { return promotes.to(env.Client, r.namespace, next.Name)(ctx) }).Should(Succeed())
		Eventually(ctx, func() error { return client.IgnoreNotFound(env.Client.Delete(ctx, former.DeepCopy())) }).Should(Succeed())
		Eventually(ctx, func() bool {
			return apierrors.IsNotFound(env.Client.Get(ctx, client.ObjectKeyFromObject(former), former.DeepCopy()))
		}).WithTimeout(eventually).Should(BeTrue())
		r.settle(ctx, next)
		former = next
	}
	revisions := h.complete(ctx)
	judge(rounds, all, revisions, timesKept(revisions), map[string]func(snapshot) string{
		"an administrator is listed":             administratorListed(),
		"every listed administrator exists":      listedExist,
		"an administrator is in force":           administratorInForce(),
		"one active user per address who stays":  stayingSharedAddress,
		"who is active has a Kubernetes user":    activeHaveUsernames,
		"at most two objects stand for a person": atMostTwoActive,
	})
}

// named returns the administrator under one of the names. The order of names is not always that of creation.
func (r *renameRace) named(n int) *v1alpha1.OrgUser {
	return builders.OrgUser(r.namespace, fmt.Sprintf("%c-ana%d", 'a'+(n*7)%26, n)).Email("ana@acme.example").
		Role(v1alpha1.RoleOrganizationAdmin).Existing().Obj()
}

// settle waits until a user is the only administrator.
func (r *renameRace) settle(ctx context.Context, u *v1alpha1.OrgUser) {
	GinkgoHelper()
	Eventually(ctx, func(g Gomega) {
		now, o := u.DeepCopy(), builders.Organization(r.namespace).Obj()
		g.Expect(env.Client.Get(ctx, client.ObjectKeyFromObject(u), now)).To(Succeed())
		g.Expect(now).To(And(BeReady(), HaveField("Status.Role", v1alpha1.RoleOrganizationAdmin)))
		g.Expect(env.Client.Get(ctx, client.ObjectKeyFromObject(o), o)).To(Succeed())
		g.Expect(o.Status.Administrators).To(ConsistOf(u.Name))
	}).WithTimeout(eventually).Should(Succeed())
}

// stayingSharedAddress is sharedAddress without the users who are being deleted: such a one hands over to one who stays.
func stayingSharedAddress(w snapshot) string {
	staying := snapshot{organization: w.organization, users: map[string]*v1alpha1.OrgUser{}}
	for name, u := range w.users {
		if u.DeletionTimestamp.IsZero() {
			staying.users[name] = u
		}
	}
	return sharedAddress(staying)
}

func activeHaveUsernames(w snapshot) string {
	for name, u := range w.users {
		if u.Status.State == v1alpha1.UserActive && u.Status.Username == "" {
			return name + " is active without a user name"
		}
	}
	return ""
}

func atMostTwoActive(w snapshot) string {
	var active []string
	for name, u := range w.users {
		if u.Status.State == v1alpha1.UserActive {
			active = append(active, name)
		}
	}
	if len(active) > 2 {
		return strings.Join(active, ", ") + " are active"
	}
	return ""
}
