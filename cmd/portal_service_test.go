// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"
)

var _ = Describe("The Service of the portal", func() {
	It("OPS-4 leads to the pods that have its port, whichever Deployment they belong to, also one of an earlier version", func() {
		var service corev1.Service
		installed("Service", "usher-portal", &service)
		Expect(service.Spec.Ports).To(ConsistOf(HaveField("TargetPort", intstr.FromString("portal"))))
		selector := labels.SelectorFromSet(service.Spec.Selector)
		for name := range deployments {
			Expect(selector.Matches(labels.Set(deployment(name).Spec.Template.Labels))).To(BeTrue(), name)
		}
		for name := range deployments {
			var policy networkingv1.NetworkPolicy
			installed("NetworkPolicy", name, &policy)
			Expect(policy.Spec.Ingress).To(ContainElement(HaveField("Ports",
				ContainElement(HaveField("Port", HaveValue(Equal(intstr.FromString("portal"))))))), name)
		}
	})
})
