// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package intake

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/internal/live"
)

var _ = Describe("OPS-1 the limits of the intake, changed while it runs", func() {
	It("hold from then on, and what counts towards the others is kept", func() {
		backend := newFakeBackend()
		limits := live.Of(Limits{PerSender: 2, PerNetwork: 4})
		c := connect(listen(backend, func(o *Options, _ *Server) { o.Limits = limits }))
		send := func() string { return c.deliver(claire, mailFrom(claire), support)[0] }
		for range 2 {
			Expect(send()).To(HavePrefix("250 "))
		}
		Expect(send()).To(HavePrefix("452 "), "the sender's limit")
		limits.Store(Limits{PerNetwork: 4})
		for range 2 {
			Expect(send()).To(HavePrefix("250 "))
		}
		Expect(send()).To(HavePrefix("452 "), "the network's limit, towards which all four count")
		limits.Store(Limits{PerNetwork: 5})
		Expect(send()).To(HavePrefix("250 "))
	})

	It("include the recipients of a mail", func() {
		limits := live.Of(Limits{Recipients: 1})
		inForce := &liveRates{limits: limits}
		Expect(inForce.inForce().limits.Recipients).To(Equal(1))
		limits.Store(Limits{})
		Expect(inForce.inForce().limits.Recipients).To(Equal(DefaultLimits().Recipients))
	})

	It("are rebuilt only when they change", func() {
		limits := live.Of(Limits{PerSender: 2, PerWorkspace: 5})
		rates := &liveRates{limits: limits}
		first := rates.inForce()
		Expect(rates.inForce()).To(BeIdenticalTo(first))
		limits.Store(Limits{PerSender: 3, PerWorkspace: 5})
		second := rates.inForce()
		Expect(second.senders).NotTo(BeIdenticalTo(first.senders))
		Expect(second.workspaces).To(BeIdenticalTo(first.workspaces))
		Expect(second.unproven).To(BeIdenticalTo(first.unproven), "as many as perWorkspace")
	})
})
