// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package running

import (
	"context"
	"errors"
	"math"
	"net/http"
	"net/url"
	"runtime/debug"
	"sync"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/memory"
	"github.com/usher-operator/usher/internal/testing/builders"
	. "github.com/usher-operator/usher/internal/testing/matchers"
	"github.com/usher-operator/usher/internal/testing/meters"
)

// noRoom is what whoever adds something is told.
const noRoom = "nothing can be added until the platform team sets a higher resources.limits.memory in the operator's Deployment"

var _ = Describe("OPS-10 an operator that needs most of its memory limit", func() {
	It("refuses what grows, with the reason, admits everything else, and recovers when the limit is raised", func(ctx context.Context) {
		usher := startOperator(ctx)
		org := organization(ctx)
		eva := "eva@" + org + ".example"
		team := builders.Invitation(org, "team", eva).Obj()
		Expect(env.Client.Create(ctx, team)).To(Succeed())
		invitation := linkTo(ctx, usher, eva, "/i/")

		raise := squeeze(ctx)

		By("refusing new objects and longer lists, at once")
		luis := builders.OrgUser(org, "luis").Existing().Obj()
		err := env.Client.Create(ctx, luis)
		Expect(err).To(BeRefused(http.StatusServiceUnavailable, noRoom))
		var answer apierrors.APIStatus
		Expect(errors.As(err, &answer)).To(BeTrue())
		Expect(answer.Status().Details).To(Or(BeNil(), HaveField("RetryAfterSeconds", BeZero())),
			"clients would repeat the request for a long time before they show the reason")
		member := `{"spec":{"members":[{"email":"` + eva + `","access":"View"}]}}`
		Expect(patch(ctx, builders.Workspace(org, "support").Obj(), member)).To(BeRefused(http.StatusServiceUnavailable, noRoom))
		Expect(patch(ctx, team, `{"spec":{"emails":["`+eva+`","b@`+org+`.example"]}}`)).To(BeRefused(http.StatusServiceUnavailable, noRoom))

		By("admitting what does not grow, and putting it in force")
		ana := builders.OrgUser(org, "ana").Obj()
		Expect(patch(ctx, ana, `{"spec":{"displayName":"Ana María"}}`)).To(Succeed())
		Eventually(read(ctx, ana)).Should(HaveField("Status.DisplayName", "Ana María"))
		Expect(patch(ctx, ana, `{"spec":{"suspend":true}}`)).To(Succeed())
		Eventually(read(ctx, ana)).Should(HaveField("Status.State", v1alpha1.UserSuspended))

		By("letting people in who were invited before")
		Expect(post(ctx, invitation, url.Values{"action": {"accept"}, "displayName": {"Eva"}, "language": {"en"}})).To(Equal(http.StatusSeeOther))
		Expect(post(ctx, linkTo(ctx, usher, eva, "/c/"), nil)).To(Equal(http.StatusSeeOther))
		Eventually(read(ctx, team)).Should(HaveField("Status.Recipients", HaveExactElements(HaveField("State", v1alpha1.RecipientActive))))

		By("raising the limit")
		raise()
		Eventually(func() error { return env.Client.Create(ctx, luis.DeepCopy()) }).Should(Succeed())
		Expect(patch(ctx, builders.Workspace(org, "support").Obj(), member)).To(Succeed())
		Eventually(growthRefused).Should(BeZero())
	})
})

// squeeze keeps Go's memory limit at little more than the process needs, which varies, until it ends or the function that it returns is
// called: then there is no limit.
func squeeze(ctx context.Context) (raise func()) {
	GinkgoHelper()
	ctx, cancel := context.WithCancel(ctx)
	var squeezing sync.WaitGroup
	squeezing.Go(func() {
		for ctx.Err() == nil {
			debug.SetMemoryLimit(int64(float64(memory.Current().Needed) / 0.9))
			select {
			case <-time.After(20 * time.Millisecond):
			case <-ctx.Done():
			}
		}
		debug.SetMemoryLimit(math.MaxInt64)
	})
	raise = sync.OnceFunc(func() {
		cancel()
		squeezing.Wait()
	})
	DeferCleanup(raise)
	Eventually(ctx, growthRefused).Should(BeEquivalentTo(1))
	return raise
}

// growthRefused returns 1 while the operator refuses growth.
func growthRefused() (float64, error) { return meters.Value("usher_feature_degraded", "growth") }

func patch(ctx context.Context, o client.Object, change string) error {
	named := o.DeepCopyObject().(client.Object) //nolint:forcetypeassert // a deep copy has its original's type
	return env.Client.Patch(ctx, named, client.RawPatch(types.MergePatchType, []byte(change)))
}
