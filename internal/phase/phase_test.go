// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package phase_test

import (
	"context"
	"errors"
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/phase"
	"github.com/usher-operator/usher/internal/requeue"
	"github.com/usher-operator/usher/internal/testing/builders"
)

func TestPhase(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "Phase")
}

var _ = Describe("Run", func() {
	ana := builders.OrgUser("acme", "ana").Obj()
	returns := func(wait time.Duration, err error) phase.Func[*int] {
		return func(_ context.Context, ran *int) (time.Duration, error) {
			*ran++
			return wait, err
		}
	}

	It("runs every phase, whichever fails, and returns their failures together", func(ctx context.Context) {
		first, second := errors.New("first"), errors.New("second")
		ran := 0
		wait, err := phase.Run(ctx, ana, &ran, returns(0, first), returns(time.Minute, nil), returns(time.Second, second))
		Expect(ran).To(Equal(3))
		Expect(wait).To(Equal(time.Second))
		Expect(err).To(And(MatchError(first), MatchError(second)))
	})

	It("repeats the pass soon after a conflict on another object than the pass's own", func(ctx context.Context) {
		ran := 0
		other := apierrors.NewConflict(v1alpha1.Resource("orgusers"), "luis", nil)
		wait, err := phase.Run(ctx, ana, &ran, returns(time.Hour, other))
		Expect(err).NotTo(HaveOccurred())
		Expect(wait).To(Equal(requeue.Soon))
		wait, err = phase.Run(ctx, ana, &ran, returns(time.Millisecond, nil), returns(0, other))
		Expect(err).NotTo(HaveOccurred())
		Expect(wait).To(Equal(time.Millisecond))
	})

	It("does not fail by a conflict, which leads to another pass, nor does a conflict hide another failure", func(ctx context.Context) {
		conflict, failure := apierrors.NewConflict(v1alpha1.Resource("orgusers"), "ana", nil), errors.New("failure")
		ran := 0
		wait, err := phase.Run(ctx, ana, &ran, returns(0, conflict))
		Expect(err).NotTo(HaveOccurred())
		Expect(wait).To(BeZero())
		_, err = phase.Run(ctx, ana, &ran, returns(0, conflict), returns(0, failure))
		Expect(err).To(MatchError(failure))
		Expect(apierrors.IsConflict(err)).To(BeFalse())
	})
})
