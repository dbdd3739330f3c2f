// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// relay forwards TCP connections to one of several servers, whichever answers, and fails as a network does. It is safe for concurrent
// use.
type relay struct {
	targets []string
	address string

	mu       sync.Mutex
	conns    map[net.Conn]bool
	delay    time.Duration
	frozen   chan struct{} // open while nothing passes
	rejected bool
	cuts     int
}

// newRelay starts a relay at an address, which may leave the port to the system. It stops after the spec.
func newRelay(address string, targets ...string) *relay {
	GinkgoHelper()
	listener, err := net.Listen("tcp", address)
	Expect(err).NotTo(HaveOccurred())
	r := &relay{targets: targets, address: listener.Addr().String(), conns: map[net.Conn]bool{}}
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return // closed
			}
			go r.forward(conn)
		}
	}()
	DeferCleanup(func() {
		Expect(listener.Close()).To(Succeed())
		r.restore()
		r.cut()
	})
	return r
}

// cut drops all connections, with a reset.
func (r *relay) cut() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for conn := range r.conns {
		r.cuts++
		if tcp, is := conn.(*net.TCPConn); is {
			_ = tcp.SetLinger(0) // it may be closed already
		}
		_ = conn.Close()
	}
}

// reject drops all connections, and new ones at once.
func (r *relay) reject() {
	r.mu.Lock()
	r.rejected = true
	r.mu.Unlock()
	r.cut()
}

// freeze holds back everything in both directions, over connections that stay. What was held back arrives after restore.
func (r *relay) freeze() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.frozen == nil {
		r.frozen = make(chan struct{})
	}
}

// slow delays everything by random times up to this.
func (r *relay) slow(delay time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.delay = delay
}

// restore forwards everything again.
func (r *relay) restore() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.delay, r.rejected = 0, false
	if r.frozen != nil {
		close(r.frozen)
		r.frozen = nil
	}
}

// await waits as long as the network holds a packet back.
func (r *relay) await() {
	r.mu.Lock()
	frozen, delay := r.frozen, r.delay
	r.mu.Unlock()
	if frozen != nil {
		<-frozen
	}
	if delay > 0 {
		<-time.After(time.Duration(rand.Int64N(int64(delay))))
	}
}

func (r *relay) forward(from net.Conn) {
	defer from.Close() //nolint:errcheck // it may be closed already
	r.mu.Lock()
	rejected := r.rejected
	r.mu.Unlock()
	if rejected {
		return
	}
	to := r.dial()
	if to == nil {
		return // no server answers
	}
	defer to.Close() //nolint:errcheck // it may be closed already
	r.mu.Lock()
	r.conns[from], r.conns[to] = true, true
	r.mu.Unlock()
	defer func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		delete(r.conns, from)
		delete(r.conns, to)
	}()
	done := make(chan struct{}, 2)
	for _, way := range [][2]net.Conn{{from, to}, {to, from}} {
		go func() {
			r.copy(way[1], way[0])
			done <- struct{}{}
		}()
	}
	<-done // the other way ends with the connections
}

// dial connects to one of the servers.
func (r *relay) dial() net.Conn {
	for _, n := range rand.Perm(len(r.targets)) {
		if conn, err := net.DialTimeout("tcp", r.targets[n], time.Second); err == nil {
			return conn
		}
	}
	return nil
}

func (r *relay) copy(to io.Writer, from io.Reader) {
	buffer := make([]byte, 1<<15)
	for {
		n, err := from.Read(buffer)
		if n > 0 {
			r.await()
			if _, failed := to.Write(buffer[:n]); failed != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}
