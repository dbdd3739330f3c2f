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

// twins is an organization in which several people are declared with one address.
type twins struct{ namespace string }

// raceAddresses: in each round three people with one address are declared at the same instant; the one who got it is
// deleted, and another one follows.
func raceAddresses(ctx context.Context, rounds int) {
	t := twins{env.Namespace(ctx, "twins")}
	h := record(ctx, t.namespace)
	Expect(env.Client.Create(ctx, builders.Organization(t.namespace).Obj())).To(Succeed())
	all := answers{}
	for round := range rounds {
		address := fmt.Sprintf("eva%d@acme.example", round)
		var acts []act
		for n, spelling := range []string{address, strings.ToUpper(address[:3]) + address[3:], address} {
			// The younger ones by name come first: the order of names is not that of coming.
			u := builders.OrgUser(t.namespace, fmt.Sprintf("eva%d-%c", round, 'c'-n)).Email(spelling).Existing().Obj()
			acts = append(acts, func(ctx context.Context) error { return env.Client.Create(ctx, u) })
		}
		for _, err := range atOnce(ctx, acts) {
			all.note(err)
		}
		winner := t.settle(ctx, address, len(acts)-1)
		all.note(env.Client.Delete(ctx, winner))
		t.settle(ctx, address, len(acts)-2)
	}
	revisions := h.complete(ctx)
	judge(rounds, all, revisions, told(revisions, v1alpha1.ReasonDuplicateAddress), map[string]func(world) string{
		"one address, one active person": equalFault,
	})
}

// settle waits until one of the people with an address is active and the others are told so.
func (t *twins) settle(ctx context.Context, address string, others int) *v1alpha1.OrgUser {
	GinkgoHelper()
	var active *v1alpha1.OrgUser
	Eventually(ctx, func(g Gomega) {
		var list v1alpha1.OrgUserList
		g.Expect(env.Client.List(ctx, &list, client.InNamespace(t.namespace))).To(Succeed())
		active = nil
		told := 0
		for i := range list.Items {
			u := &list.Items[i]
			if !strings.EqualFold(string(u.Spec.Email), address) {
				continue
			}
			ready := meta.FindStatusCondition(u.Status.Conditions, v1alpha1.ConditionReady)
			g.Expect(ready).NotTo(BeNil())
			switch {
			case ready.Reason == v1alpha1.ReasonDuplicateAddress:
				told++
			case u.Status.State == v1alpha1.UserActive:
				g.Expect(active).To(BeNil())
				active = u
			}
		}
		g.Expect(told).To(Equal(others))
		g.Expect(active).NotTo(BeNil())
		g.Expect(active.DeletionTimestamp).To(BeNil())
	}).WithTimeout(eventually).Should(Succeed())
	return active
}

func equalFault(w world) string {
	active := map[string]string{}
	for name, u := range w.users {
		if u.Status.State != v1alpha1.UserActive {
			continue
		}
		address := strings.ToLower(string(u.Spec.Email))
		if other := active[address]; other != "" {
			return "two are active with the address " + address
		}
		active[address] = name
	}
	return ""
}
