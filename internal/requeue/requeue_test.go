// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package requeue_test

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/requeue"
)

var _ = Describe("The end of a pass", func() {
	It("a conflict ends a pass without noise, another error does not", func() {
		result := ctrl.Result{RequeueAfter: time.Minute}
		Expect(requeue.IgnoreConflict(result, nil)).To(Equal(result))
		Expect(requeue.IgnoreConflict(result, apierrors.NewConflict(v1alpha1.Resource("orgusers"), "ana", nil))).To(BeZero())
		_, err := requeue.IgnoreConflict(result, apierrors.NewNotFound(v1alpha1.Resource("orgusers"), "ana"))
		Expect(apierrors.IsNotFound(err)).To(BeTrue())
	})
})
