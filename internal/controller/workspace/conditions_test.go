// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package workspace

import (
	"errors"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/testing/builders"
	. "github.com/usher-operator/usher/internal/testing/matchers"
)

var _ = Describe("The conditions of a workspace", func() {
	inForce := func() *scope {
		w := builders.Workspace("acme", "support").Obj()
		return &scope{workspace: w, namespace: &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "acme-support"}}}
	}
	duplicate := func(name string) effective.Duplicate {
		return effective.Duplicate{
			Device: &v1alpha1.Device{Name: v1alpha1.ObjectName(name), SerialNumber: "SN-1"},
			Holder: effective.SerialHolder{Workspace: "sales", Device: "till"},
		}
	}

	It("GTA-6 name the devices whose serial number belongs to another device, a few of many", func() {
		s := inForce()
		s.deviceProblem = duplicateProblem([]effective.Duplicate{duplicate("a"), duplicate("b"), duplicate("c"), duplicate("d"), duplicate("e")})
		setConditions(s, nil)
		Expect(s.workspace).To(HaveCondition("Stalled", metav1.ConditionTrue, v1alpha1.ReasonDuplicateSerial))
		Expect(s.workspace.Status.Conditions[0].Message).To(And(
			HavePrefix(`serial numbers are unique in an organization: correct or remove SN-1 of device "a", which belongs to device `+
				`"till" in workspace "sales", SN-1 of device "b"`), HaveSuffix("and 2 more")))
	})

	It("do not name devices while there is a worse problem, or none", func() {
		s := inForce()
		s.namespace, s.namespaceProblem = nil, stalled(v1alpha1.ReasonNamespaceConflict, "conflict")
		s.deviceProblem = duplicateProblem([]effective.Duplicate{duplicate("a")})
		setConditions(s, nil)
		Expect(s.workspace).To(HaveCondition("Stalled", metav1.ConditionTrue, v1alpha1.ReasonNamespaceConflict))
		s = inForce()
		s.deviceProblem = duplicateProblem(nil)
		setConditions(s, nil)
		Expect(s.workspace).To(HaveCondition("Ready", metav1.ConditionTrue, v1alpha1.ReasonReady))
	})

	It("show failures before problems in the namespace, and a namespace that is out of reach before failures", func() {
		s, failed := inForce(), errors.Join(errors.New("labels: refused"), errors.New("ConfigMap: refused"))
		s.deviceProblem = duplicateProblem([]effective.Duplicate{duplicate("a")})
		setConditions(s, failed)
		Expect(s.workspace).To(HaveCondition("Reconciling", metav1.ConditionTrue, v1alpha1.ReasonFailed))
		Expect(s.workspace.Status.Conditions[0].Message).To(Equal("labels: refused; ConfigMap: refused"))
		s.namespace, s.namespaceProblem = nil, stalled(v1alpha1.ReasonNamespaceConflict, "conflict")
		setConditions(s, failed)
		Expect(s.workspace).To(HaveCondition("Stalled", metav1.ConditionTrue, v1alpha1.ReasonNamespaceConflict))
	})

	It("stay as they are while a conflict leaves open whether there is a namespace", func() {
		s := inForce()
		setConditions(s, nil)
		s.namespace = nil
		setConditions(s, nil)
		Expect(s.workspace).To(HaveCondition("Ready", metav1.ConditionTrue, v1alpha1.ReasonReady))
	})
})
