// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package matchers_test

import (
	"errors"
	"fmt"
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/types"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/testing/matchers"
)

func TestMatchers(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "Matchers")
}

func object(generation, observed int64, conditions ...metav1.Condition) *v1alpha1.OrgUser {
	return &v1alpha1.OrgUser{
		ObjectMeta: metav1.ObjectMeta{Generation: generation},
		Status:     v1alpha1.OrgUserStatus{ObservedGeneration: observed, Conditions: conditions},
	}
}

func condition(kind string, status metav1.ConditionStatus, generation int64) metav1.Condition {
	return metav1.Condition{Type: kind, Status: status, ObservedGeneration: generation, Reason: "Because", Message: "it is so"}
}

// failure returns the message of a matcher that does not match the value.
func failure(matcher types.GomegaMatcher, actual any) string {
	GinkgoHelper()
	matches, err := matcher.Match(actual)
	Expect(err).NotTo(HaveOccurred())
	Expect(matches).To(BeFalse())
	return matcher.FailureMessage(actual)
}

var _ = Describe("Conditions", func() {
	ready := condition("Ready", metav1.ConditionTrue, 2)

	It("finds a condition by type, status and reason", func() {
		Expect(object(2, 2, ready)).To(matchers.HaveCondition("Ready", metav1.ConditionTrue, "Because"))
		Expect(object(2, 2, ready)).To(matchers.BeReady())
		Expect(object(2, 2)).NotTo(matchers.BeReady())
		Expect(object(2, 2, ready)).NotTo(matchers.HaveCondition("Ready", metav1.ConditionFalse, ""))
		Expect(failure(matchers.HaveCondition("Ready", metav1.ConditionTrue, "Other"), object(2, 2, ready))).To(Equal(
			"expected to have the condition Ready=True with the reason Other, but its conditions are Ready=True (Because: it is so)"))
		Expect(failure(matchers.BeReady(), object(2, 2))).To(HaveSuffix("its conditions are none"))
	})

	It("does not accept a condition about an older generation", func() {
		Expect(failure(matchers.BeReady(), object(3, 3, ready))).To(ContainSubstring("about generation 2, the object is at 3"))
	})

	It("accepts untyped objects too, and says what it does not accept", func() {
		content, err := runtime.DefaultUnstructuredConverter.ToUnstructured(object(2, 2, ready))
		Expect(err).NotTo(HaveOccurred())
		Expect(&unstructured.Unstructured{Object: content}).To(matchers.BeReady())
		_, err = matchers.BeReady().Match("text")
		Expect(err).To(MatchError(ContainSubstring("takes a pointer to an object")))
	})

	DescribeTable("kstatus", func(user *v1alpha1.OrgUser, fault string) {
		if fault == "" {
			Expect(user).To(matchers.KeepKstatus())
			return
		}
		Expect(failure(matchers.KeepKstatus(), user)).To(ContainSubstring(fault))
	},
		Entry("ready", object(2, 2, ready), ""),
		Entry("working", object(2, 2, condition("Ready", metav1.ConditionFalse, 2), condition("Reconciling", metav1.ConditionTrue, 2)), ""),
		Entry("stuck", object(2, 2, condition("Ready", metav1.ConditionFalse, 2), condition("Stalled", metav1.ConditionTrue, 2)), ""),
		Entry("no Ready", object(2, 2), "lacks the condition Ready"),
		Entry("out of date at the root", object(2, 1, ready), "status.observedGeneration is 1, the generation 2"),
		Entry("condition out of date", object(2, 2, condition("Ready", metav1.ConditionTrue, 1)), "about generation 1"),
		Entry("abnormal and false", object(2, 2, ready, condition("Stalled", metav1.ConditionFalse, 2)), "Stalled is False"),
		Entry("abnormal and unknown", object(2, 2, ready, condition("Reconciling", metav1.ConditionUnknown, 2)), "Reconciling is Unknown"),
		Entry("ready and working", object(2, 2, ready, condition("Reconciling", metav1.ConditionTrue, 2)), "Reconciling and Ready"),
		Entry("working and stuck", object(2, 2, condition("Ready", metav1.ConditionFalse, 2),
			condition("Reconciling", metav1.ConditionTrue, 2), condition("Stalled", metav1.ConditionTrue, 2)), "both present"),
	)
})

var _ = Describe("Refusals", func() {
	invalid := apierrors.NewInvalid(v1alpha1.GroupVersion.WithKind("OrgUser").GroupKind(), "ana", field.ErrorList{
		field.Required(field.NewPath("spec", "role"), "say what the person may do"),
	})

	It("matches the code and the message, through wrapping and line breaks", func() {
		Expect(invalid).To(matchers.BeRefused(422, "say what the person may do"))
		Expect(fmt.Errorf("create: %w", invalid)).To(matchers.BeRefused(422, "spec.role:\n  Required value"))
		Expect(failure(matchers.BeRefused(403, "role"), invalid)).To(ContainSubstring("the answer was 422"))
		Expect(failure(matchers.BeRefused(422, "other"), invalid)).To(ContainSubstring("say what"))
	})

	It("matches the cause of a field", func() {
		Expect(invalid).To(matchers.HaveCause("spec.role", "Required value"))
		Expect(failure(matchers.HaveCause("spec.email", "Required value"), invalid)).To(ContainSubstring("\n  spec.role: Required value"))
		gone := apierrors.NewNotFound(v1alpha1.Resource("orgusers"), "ana")
		Expect(failure(matchers.HaveCause("spec.email", ""), gone)).To(ContainSubstring("the answer was 404 without causes"))
	})

	It("accepts nothing else as a refusal", func() {
		Expect(failure(matchers.BeRefused(422, ""), nil)).To(ContainSubstring("there was no error"))
		Expect(failure(matchers.BeRefused(422, ""), errors.New("connection refused"))).To(ContainSubstring("not an answer of the API server"))
		_, err := matchers.BeRefused(422, "").Match("text")
		Expect(err).To(HaveOccurred())
	})
})
