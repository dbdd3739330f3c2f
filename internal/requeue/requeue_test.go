// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package requeue_test

import (
	"errors"
	"fmt"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/requeue"
	"github.com/usher-operator/usher/internal/testing/builders"
)

var _ = Describe("The end of a pass", func() {
	ana := builders.OrgUser("acme", "ana").Obj()
	result := ctrl.Result{RequeueAfter: time.Minute}
	soon := ctrl.Result{RequeueAfter: requeue.Soon}
	conflictOn := func(resource, name string) error {
		return apierrors.NewConflict(v1alpha1.Resource(resource), name, nil)
	}

	It("is quiet with a conflict, and an error with any other failure", func() {
		Expect(requeue.IgnoreConflict(ana, result, nil)).To(Equal(result))
		Expect(requeue.IgnoreConflict(ana, result, conflictOn("orgusers", "ana"))).To(BeZero())
		_, err := requeue.IgnoreConflict(ana, result, apierrors.NewNotFound(v1alpha1.Resource("orgusers"), "ana"))
		Expect(apierrors.IsNotFound(err)).To(BeTrue())
	})

	It("is an error with a failure beside a conflict, in whichever order they are joined", func() {
		conflict, failure := conflictOn("orgusers", "ana"), errors.New("failure")
		for _, joined := range []error{errors.Join(conflict, failure), fmt.Errorf("ana: %w", errors.Join(failure, conflict))} {
			_, err := requeue.IgnoreConflict(ana, ctrl.Result{}, joined)
			Expect(err).To(MatchError(failure))
		}
		Expect(requeue.IgnoreConflict(ana, ctrl.Result{}, errors.Join(conflict, conflict))).To(BeZero())
	})

	DescribeTable("comes without another pass after a conflict on the object itself", func(o client.Object, resource string) {
		Expect(requeue.IgnoreConflict(o, result, fmt.Errorf("status: %w", conflictOn(resource, "x")))).To(BeZero())
		Expect(requeue.IgnoreConflict(o, result, conflictOn(resource, "y"))).To(Equal(soon))
	},
		Entry(nil, &v1alpha1.Organization{ObjectMeta: metav1.ObjectMeta{Name: "x"}}, "organizations"),
		Entry(nil, &v1alpha1.OrgUser{ObjectMeta: metav1.ObjectMeta{Name: "x"}}, "orgusers"),
		Entry(nil, &v1alpha1.Invitation{ObjectMeta: metav1.ObjectMeta{Name: "x"}}, "invitations"),
		Entry(nil, &v1alpha1.Workspace{ObjectMeta: metav1.ObjectMeta{Name: "x"}}, "workspaces"),
		Entry(nil, &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "x"}}, "secrets"),
	)

	DescribeTable("leads to another pass soon after a conflict on another object", func(err error) {
		Expect(requeue.IgnoreConflict(ana, result, err)).To(Equal(soon))
	},
		Entry("of another name", conflictOn("orgusers", "luis")),
		Entry("of another kind", conflictOn("invitations", "ana")),
		Entry("beside one on the object itself", errors.Join(conflictOn("orgusers", "ana"), conflictOn("orgusers", "luis"))),
		Entry("inside another error", fmt.Errorf("delegate: %w", errors.Join(conflictOn("rolebindings", "x")))),
		Entry("that is not named", &apierrors.StatusError{ErrStatus: metav1.Status{Reason: metav1.StatusReasonConflict}}),
	)

	It("leads to another pass later when a namespace is terminating", func() {
		err := &apierrors.StatusError{ErrStatus: metav1.Status{
			Reason: metav1.StatusReasonForbidden,
			Details: &metav1.StatusDetails{
				Name: "x", Kind: "rolebindings", Causes: []metav1.StatusCause{{Type: corev1.NamespaceTerminatingCause}},
			},
		}}
		next, failed := requeue.IgnoreConflict(ana, result, err)
		Expect(failed).NotTo(HaveOccurred())
		Expect(next.RequeueAfter).To(BeNumerically(">", requeue.Soon))
		Expect(requeue.IgnoreConflict(ana, result, errors.Join(err, conflictOn("orgusers", "luis")))).To(Equal(soon))
	})
})
