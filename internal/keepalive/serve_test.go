// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package keepalive

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"syscall"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

const request = "POST / HTTP/1.1\r\nHost: usher\r\nContent-Length: 2\r\n\r\n{}"

// client is one that keeps its connection open.
type client struct {
	net.Conn
	in *bufio.Reader
}

// read returns the next answer.
func (c client) read() *http.Response {
	GinkgoHelper()
	Expect(c.SetReadDeadline(time.Now().Add(10 * time.Second))).To(Succeed())
	response, err := http.ReadResponse(c.in, nil)
	Expect(err).NotTo(HaveOccurred())
	_, err = io.Copy(io.Discard, response.Body)
	Expect(err).NotTo(HaveOccurred())
	return response
}

// send sends a request, or a part of it.
func (c client) send(text string) {
	GinkgoHelper()
	_, err := io.WriteString(c, text)
	Expect(err).NotTo(HaveOccurred())
}

var _ = Describe("OPS-3 a server that ends", func() {
	var (
		address string
		end     context.CancelFunc
		ended   chan error
		handled atomic.Int32
		// entered receives when a request is being handled, which lasts until goOn is closed.
		entered, goOn chan struct{}
	)

	serve := func(patience time.Duration) {
		listener, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
		Expect(err).NotTo(HaveOccurred())
		address, ended = listener.Addr().String(), make(chan error, 1)
		handled.Store(0)
		entered, goOn = make(chan struct{}, 9), make(chan struct{})
		handler := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			handled.Add(1)
			entered <- struct{}{}
			<-goOn
			w.WriteHeader(http.StatusNoContent)
		})
		var ctx context.Context
		ctx, end = context.WithCancel(context.Background())
		DeferCleanup(end)
		server := &http.Server{Handler: handler, ReadHeaderTimeout: time.Minute}
		go func() { ended <- Serve(ctx, server, listener, patience) }()
	}

	connect := func() client {
		GinkgoHelper()
		conn, err := new(net.Dialer).Dial("tcp", address)
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(func() { _ = conn.Close() }) // most specs have closed it
		return client{conn, bufio.NewReader(conn)}
	}

	// used returns a client that has had an answer.
	used := func() client {
		GinkgoHelper()
		c := connect()
		c.send(request)
		Expect(c.read().StatusCode).To(Equal(http.StatusNoContent))
		return c
	}

	expectFarewell := func(c client) {
		GinkgoHelper()
		Expect(c.read()).To(And(
			HaveField("StatusCode", http.StatusServiceUnavailable), HaveField("Close", true),
			HaveField("Header", HaveKeyWithValue("Retry-After", []string{"1"}))))
	}

	It("tells clients that wait for nothing, and waits until they have left", func() {
		serve(time.Minute)
		close(goOn)
		unused, idle := connect(), used() // so the server has accepted both
		end()
		expectFarewell(idle)
		expectFarewell(unused)
		Expect(idle.Close()).To(Succeed())
		Consistently(ended, "100ms").ShouldNot(Receive())
		Expect(unused.Close()).To(Succeed())
		Eventually(ended).Should(Receive(BeNil()))
	})

	It("leaves a request alone that crosses the farewell, and reads all of it", func() {
		serve(time.Minute)
		close(goOn)
		c := used()
		c.send(request[:10]) // which the server takes for nothing yet
		end()
		expectFarewell(c)
		c.send(request[10:])
		expectFarewell(c) // which may as well be the first to arrive
		Expect(c.in.ReadByte()).Error().To(MatchError(io.EOF))
		Expect(handled.Load()).To(BeEquivalentTo(1))
		Eventually(ended).Should(Receive(BeNil()))
	})

	It("answers a request in progress, and takes leave then", func() {
		serve(time.Minute)
		c := connect()
		c.send(request)
		<-entered
		end()
		Consistently(ended, "100ms").ShouldNot(Receive())
		_, err := new(net.Dialer).Dial("tcp", address)
		Expect(err).To(MatchError(syscall.ECONNREFUSED))
		close(goOn)
		Expect(c.read().StatusCode).To(Equal(http.StatusNoContent))
		expectFarewell(c)
		Expect(c.Close()).To(Succeed())
		Eventually(ended).Should(Receive(BeNil()))
	})

	It("closes the connections of clients that do not leave", func() {
		serve(time.Millisecond)
		close(goOn)
		c := used()
		end()
		Eventually(ended).Should(Receive(MatchError("1 connections were still open after 1ms, and were closed")))
		Expect(io.ReadAll(c)).Error().NotTo(HaveOccurred())
	})

	It("says why it cannot serve", func() {
		listener, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
		Expect(err).NotTo(HaveOccurred())
		Expect(listener.Close()).To(Succeed())
		server := &http.Server{ReadHeaderTimeout: time.Minute}
		Expect(Serve(context.Background(), server, listener, time.Minute)).To(MatchError(net.ErrClosed))
	})
})
