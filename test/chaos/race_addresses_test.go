// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"context"
	"fmt"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/api/meta"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/testing/builders"
)

// addressRace is an organization with several users that have the same address.
type addressRace struct{ namespace string }

// raceAddresses creates, in each round, three users with the same address simultaneously. The one who gets the address is
// deleted, and another one takes over.
func raceAddresses(ctx context.Context, rounds int) {
	r := addressRace{env.Namespace(ctx, "twins")}
	h := record(ctx, r.namespace)
	Expect(env.Client.Create(ctx, builders.Organization(r.namespace).Obj())).To(Succeed())
	all := answers{}
	for round := range rounds {
		address := fmt.Sprintf("eva%d@acme.example", round)
		var acts []act
		for n, spelling := range []string{address, strings.ToUpper(address[:3]) + address[3:], address} {
			// The last name comes first, so that the order of names is not that of creation.
			u := builders.OrgUser(r.namespace, fmt.Sprintf("eva%d-%c", round, 'c'-n)).Email(spelling).Existing().Obj()
			acts = append(acts, func(ctx context.Context) error { return env.Client.Create(ctx, u) })
		}
		for _, err := range atOnce(ctx, acts) {
			all.note(err)
		}
		winner := r.settle(ctx, address, len(acts)-1)
		all.note(env.Client.Delete(ctx, winner))
		r.settle(ctx, address, len(acts)-2)
	}
	revisions := h.complete(ctx)
	judge(rounds, all, revisions, timesHeldBack(revisions, v1alpha1.ReasonDuplicateAddress), map[string]func(snapshot) string{
		"one active user per address": sharedAddress,
	})
}

// settle waits until one of the users with an address is active and the statuses of the others say so.
func (r *addressRace) settle(ctx context.Context, address string, others int) *v1alpha1.OrgUser {
	GinkgoHelper()
	var active *v1alpha1.OrgUser
	Eventually(ctx, func(g Gomega) {
		var list v1alpha1.OrgUserList
		g.Expect(env.Client.List(ctx, &list, client.InNamespace(r.namespace))).To(Succeed())
		active = nil
		heldBack := 0
		for i := range list.Items {
			u := &list.Items[i]
			if !strings.EqualFold(string(u.Spec.Email), address) {
				continue
			}
			ready := meta.FindStatusCondition(u.Status.Conditions, v1alpha1.ConditionReady)
			g.Expect(ready).NotTo(BeNil())
			switch {
			case ready.Reason == v1alpha1.ReasonDuplicateAddress:
				heldBack++
			case u.Status.State == v1alpha1.UserActive:
				g.Expect(active).To(BeNil())
				active = u
			}
		}
		g.Expect(heldBack).To(Equal(others))
		g.Expect(active).NotTo(BeNil())
		g.Expect(active.DeletionTimestamp).To(BeNil())
	}).WithTimeout(eventually).Should(Succeed())
	return active
}

func sharedAddress(w snapshot) string {
	active := map[string]string{}
	for name, u := range w.users {
		if u.Status.State != v1alpha1.UserActive {
			continue
		}
		address := strings.ToLower(string(u.Spec.Email))
		if other := active[address]; other != "" {
			return "two active users have the address " + address
		}
		active[address] = name
	}
	return ""
}
