// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package delivery

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"sigs.k8s.io/controller-runtime/pkg/metrics"

	"github.com/usher-operator/usher/internal/mail/refusal"
)

// refused returns the metric by scope.
func refused() map[string]float64 {
	GinkgoHelper()
	families, err := metrics.Registry.Gather()
	Expect(err).NotTo(HaveOccurred())
	counts := map[string]float64{}
	for _, family := range families {
		if family.GetName() != "usher_mail_server_refusals_total" {
			continue
		}
		for _, m := range family.GetMetric() {
			counts[m.GetLabel()[0].GetValue()] = m.GetCounter().GetValue()
		}
	}
	return counts
}

var _ = Describe("The metric of refusals", func() {
	It("counts by what the mail server refused, and starts with every scope", func() {
		before := refused()
		Expect(before).To(HaveLen(len(refusal.Scopes())))
		CountRefusal(refusal.Sender)
		before["sender"]++
		Expect(refused()).To(Equal(before))
	})
})
