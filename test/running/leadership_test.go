// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package running

import (
	"context"
	"net/http"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	coordinationv1 "k8s.io/api/coordination/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/usher-operator/usher/internal/testing/builders"
	. "github.com/usher-operator/usher/internal/testing/matchers"
	"github.com/usher-operator/usher/internal/testing/meters"
	"github.com/usher-operator/usher/internal/testing/operator"
)

// hold makes somebody the holder of the leader's lease; nobody has it released.
func hold(ctx context.Context, somebody string) {
	GinkgoHelper()
	key := types.NamespacedName{Namespace: operator.Namespace, Name: "usher-controller-manager"}
	Eventually(func() error { // the holder renews it at the same time
		var lease coordinationv1.Lease
		if err := env.Client.Get(ctx, key, &lease); err != nil {
			return err
		}
		now := metav1.NewMicroTime(time.Now())
		lease.Spec.HolderIdentity, lease.Spec.LeaseDurationSeconds, lease.Spec.RenewTime = &somebody, new(int32(3600)), &now
		return env.Client.Update(ctx, &lease)
	}).Should(Succeed())
}

// leads returns 1 if the operator in this process leads, otherwise 0.
func leads() (float64, error) {
	return meters.Value("leader_election_master_status", "usher-controller-manager")
}

var _ = Describe("OPS-3 an operator that loses its lease", func() {
	It("goes on judging, leaves the rest to the new leader, and acts when it is elected again", func(ctx context.Context) {
		startOperator(ctx)
		org := organization(ctx)
		for term := range 2 {
			hold(ctx, "somebody-else")
			Eventually(leads).Should(BeZero())

			workspace := builders.Workspace(org, []string{"finance", "sales"}[term]).Obj()
			Expect(env.Client.Create(ctx, workspace)).To(Succeed())
			wrong := builders.Invitation(org, "wrong", "ana@acme.example, eva at acme").Obj()
			Expect(env.Client.Create(ctx, wrong)).To(BeRefused(http.StatusUnprocessableEntity, "is not an email address"))
			Consistently(read(ctx, workspace), time.Second).ShouldNot(BeReady())

			hold(ctx, "")
			Eventually(read(ctx, workspace)).Should(BeReady())
			Expect(leads()).To(BeEquivalentTo(1))
		}
	})
})
