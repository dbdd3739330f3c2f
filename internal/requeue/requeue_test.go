// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package requeue_test

import (
	"errors"
	"fmt"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/requeue"
)

var _ = Describe("The end of a pass", func() {
	It("is quiet with a conflict, and an error with any other failure", func() {
		result := ctrl.Result{RequeueAfter: time.Minute}
		Expect(requeue.IgnoreConflict(result, nil)).To(Equal(result))
		Expect(requeue.IgnoreConflict(result, apierrors.NewConflict(v1alpha1.Resource("orgusers"), "ana", nil))).To(BeZero())
		_, err := requeue.IgnoreConflict(result, apierrors.NewNotFound(v1alpha1.Resource("orgusers"), "ana"))
		Expect(apierrors.IsNotFound(err)).To(BeTrue())
	})

	It("is an error with a failure beside a conflict, in whichever order they are joined", func() {
		conflict, failure := apierrors.NewConflict(v1alpha1.Resource("orgusers"), "ana", nil), errors.New("failure")
		for _, joined := range []error{errors.Join(conflict, failure), fmt.Errorf("ana: %w", errors.Join(failure, conflict))} {
			_, err := requeue.IgnoreConflict(ctrl.Result{}, joined)
			Expect(err).To(MatchError(failure))
		}
		Expect(requeue.IgnoreConflict(ctrl.Result{}, errors.Join(conflict, conflict))).To(BeZero())
	})
})
