// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package mailbox

import (
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// Distance is a proxy between a client and a server that adds latency: every byte arrives late, in order.
type Distance struct {
	listener net.Listener
	target   string
	oneWay   time.Duration
	opened   atomic.Int32
	working  sync.WaitGroup

	mu    sync.Mutex
	conns map[net.Conn]bool
	done  bool
}

// NewDistance listens on a free port of the loopback interface and forwards everything to target; roundTrip is how much
// longer an answer takes. Close stops it.
func NewDistance(target string, roundTrip time.Duration) (*Distance, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	d := &Distance{listener: listener, target: target, oneWay: roundTrip / 2, conns: map[net.Conn]bool{}}
	d.working.Go(d.accept)
	return d, nil
}

// Addr returns the host:port to connect to.
func (d *Distance) Addr() string { return d.listener.Addr().String() }

// Opened returns the number of connections so far.
func (d *Distance) Opened() int { return int(d.opened.Load()) }

// Close stops listening, drops all connections and waits until they have ended.
func (d *Distance) Close() error {
	err := d.listener.Close()
	d.Cut()
	d.mu.Lock()
	d.done = true
	for c := range d.conns {
		_ = c.Close() // the error does not matter
	}
	d.mu.Unlock()
	d.working.Wait()
	return err
}

// Cut drops the open connections, as a short network failure does.
func (d *Distance) Cut() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for c := range d.conns {
		_ = c.Close() // the error does not matter
	}
}

func (d *Distance) accept() {
	for {
		near, err := d.listener.Accept()
		if err != nil {
			return
		}
		d.opened.Add(1)
		far, err := net.Dial("tcp", d.target)
		if err != nil {
			_ = near.Close() // as if nothing listened
			continue
		}
		if !d.register(near, far) {
			return
		}
		d.working.Go(func() { d.forward(near, far) })
		d.working.Go(func() { d.forward(far, near) })
	}
}

// register keeps track of connections, for Close. If the proxy is already closed, it closes them and returns false.
func (d *Distance) register(conns ...net.Conn) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, c := range conns {
		if d.done {
			_ = c.Close() // the error does not matter
			continue
		}
		d.conns[c] = true
	}
	return !d.done
}

// chunk is data that was read, and the time when it arrives.
type chunk struct {
	at   time.Time
	data []byte
}

// forward copies one direction until it ends, and then ends the other direction.
func (d *Distance) forward(from, to net.Conn) {
	const most = 1024
	delayed := make(chan chunk, most)
	d.working.Go(func() {
		for c := range delayed {
			time.Sleep(time.Until(c.at)) // the latency
			_, _ = to.Write(c.data)      // if the receiver has closed, reading ends as well
		}
		d.drop(from, to)
	})
	for {
		buffer := make([]byte, 16<<10)
		n, err := from.Read(buffer)
		if n > 0 {
			delayed <- chunk{time.Now().Add(d.oneWay), buffer[:n]}
		}
		if err != nil {
			close(delayed)
			return
		}
	}
}

func (d *Distance) drop(conns ...io.Closer) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, c := range conns {
		_ = c.Close() // closing twice does no harm
		if conn, ok := c.(net.Conn); ok {
			delete(d.conns, conn)
		}
	}
}
