// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package portal

import (
	"context"
	"io"
	"net"
	"net/netip"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("The portal's catalogues", func() {
	It("have the same phrases and values in English and Spanish", func() {
		Expect(languages.Named("en")).NotTo(BeNil())
		Expect(languages.Named("es")).NotTo(BeNil())
		Expect(languages.Check()).To(Succeed())
	})
})

var _ = DescribeTable("Server closes the connection of a client that sends too slowly", func(ctx SpecContext, sent string) {
	server, err := NewServer(nil, Options{Address: "127.0.0.1:0", URL: "http://127.0.0.1"})
	Expect(err).NotTo(HaveOccurred())
	server.timeouts = timeouts{header: 50 * time.Millisecond, request: 100 * time.Millisecond, idle: 50 * time.Millisecond, shutdown: time.Second}
	running, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- server.Start(running) }()
	DeferCleanup(func(ctx SpecContext) {
		stop()
		Eventually(ctx, ended).Should(Receive(BeNil()))
	})
	Eventually(ctx, server.Addr).ShouldNot(BeEmpty())

	client, err := (&net.Dialer{}).DialContext(ctx, "tcp", server.Addr())
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(client.Close)
	Expect(client.Write([]byte(sent))).To(Equal(len(sent)))
	_, err = io.ReadAll(client)
	Expect(err).NotTo(HaveOccurred(), "the server closes the connection")
},
	Entry("no request", ""),
	Entry("half of the headers", "GET / HTTP/1.1\r\nHost: portal\r\n"),
	Entry("half of a form", "POST /i/x HTTP/1.1\r\nHost: portal\r\nContent-Type: application/x-www-form-urlencoded\r\n"+
		"Content-Length: 100\r\n\r\naction=accept"),
	Entry("nothing after a request", "GET /healthz HTTP/1.1\r\nHost: portal\r\n\r\n"),
)

var _ = Describe("The rate limiter", func() {
	It("drops clients that have been idle, and keeps no more than its bound", func() {
		l := newLimiter(1, 10)
		now := time.Unix(0, 0)
		address := netip.MustParseAddr("192.0.2.1")
		for range maxClients + 100 {
			l.allow(address, now)
			address = address.Next()
		}
		Expect(l.clients).To(HaveLen(maxClients))
		Expect(l.seen.Len()).To(Equal(maxClients))
		l.allow(address, now.Add(time.Minute))
		Expect(l.clients).To(HaveLen(1))
	})

	It("counts clients without an address", func() {
		l := newLimiter(1, 1)
		Expect(l.allow(netip.Addr{}, time.Unix(0, 0))).To(BeTrue())
		Expect(l.allow(netip.Addr{}, time.Unix(0, 0))).To(BeFalse())
	})
})
