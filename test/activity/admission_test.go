// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package activity

import (
	"context"
	"fmt"
	"sync"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/testing/builders"
)

// annotate changes a workspace as a person, in a way that has no consequences.
func annotate(ctx context.Context, username string, w *v1alpha1.Workspace, value int, opts ...client.PatchOption) error {
	patch := fmt.Appendf(nil, `{"metadata":{"annotations":{"note":"%d"}}}`, value)
	return env.As(username).Patch(ctx, w.DeepCopy(), client.RawPatch("application/merge-patch+json", patch), opts...)
}

var _ = Describe("ORG-17 Requests seen in admission", func() {
	It("update the last activity with one write per interval for a thousand requests", func(ctx context.Context) {
		org := organization(ctx, "ana")
		var workspaces []*v1alpha1.Workspace
		for _, name := range []string{"north", "east", "south", "west"} {
			workspaces = append(workspaces, workspace(ctx, org, name))
		}
		settle(ctx, org)
		before := lastActive(ctx, org, "ana")(Default)

		for round := 1; round <= 2; round++ {
			// This is ahead of the API server's clock, so its audit events no longer update anything.
			at(time.Duration(round) * time.Hour)
			since, now := time.Now(), clock()
			var all sync.WaitGroup
			for _, w := range workspaces {
				all.Go(func() {
					defer GinkgoRecover()
					for n := range 1000 / len(workspaces) {
						Expect(annotate(ctx, address(org, "ana"), w, round*1000+n)).To(Succeed())
					}
				})
			}
			all.Wait()
			Eventually(lastActive(ctx, org, "ana")).Should(BeTemporally(">=", now.Truncate(time.Second)))
			after := lastActive(ctx, org, "ana")(Default)
			Expect(after).To(BeTemporally(">=", before.Add(interval)))
			before = after
			settle(ctx, org)
			written := writes(ctx, since, org)
			Expect(written).To(HaveLen(1), "%v", written)
			Expect(written[0]).To(And(HaveField("RequestURI", HaveSuffix("/orgusers/ana/status")),
				HaveField("ResponseStatus.Code", BeEquivalentTo(200)), HaveField("Annotations", Not(HaveKey(ContainSubstring("accounts.usher.dev"))))))
			AddReportEntry("writes", fmt.Sprintf("1,000 requests in %s, writes: %d", time.Since(since).Round(time.Millisecond), len(written)))
		}
	})

	It("do not count if they are dry runs or do not come from a person", func(ctx context.Context) {
		org := organization(ctx, "ana", "bea")
		w := workspace(ctx, org, "support")
		settle(ctx, org)
		ana := lastActive(ctx, org, "ana")(Default)
		at(time.Hour)
		Expect(annotate(ctx, address(org, "ana"), w, 1, client.DryRunAll)).To(Succeed())
		Expect(env.Client.Create(ctx, builders.Workspace(org, "other").Obj())).To(Succeed())
		Expect(annotate(ctx, address(org, "bea"), w, 2)).To(Succeed())
		Eventually(lastActive(ctx, org, "bea")).Should(BeTemporally(">", ana.Add(interval)))
		Expect(lastActive(ctx, org, "ana")(Default)).To(Equal(ana))
	})

	It("are preserved by the reconciler and do not hold up its work", func(ctx context.Context) {
		org := organization(ctx, "ana", "bea")
		w := workspace(ctx, org, "support")
		at(time.Hour)
		Expect(annotate(ctx, address(org, "bea"), w, 1)).To(Succeed())
		bea := builders.OrgUser(org, "bea").Obj()
		patch := client.RawPatch("application/merge-patch+json", []byte(`{"spec":{"role":"Technician","displayName":"Bea"}}`))
		Expect(env.As(address(org, "ana")).Patch(ctx, bea, patch)).To(Succeed())
		Eventually(read(ctx, bea)).Should(And(HaveField("Status.Role", v1alpha1.RoleTechnician), HaveField("Status.DisplayName", "Bea")))
		Eventually(lastActive(ctx, org, "bea")).Should(BeTemporally(">", time.Now().Add(interval)))
		settle(ctx, org)
		Expect(lastActive(ctx, org, "bea")(Default)).To(BeTemporally(">", time.Now().Add(interval)))
		Expect(bea.Status.Role).To(Equal(v1alpha1.RoleTechnician))
	})
})
