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

// Distance stands between a client and a server and makes the way between them long: every byte arrives late, in order.
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

// NewDistance listens on a free port of the loopback interface and passes everything on to target; roundTrip is how much
// longer an answer takes. Close ends it.
func NewDistance(target string, roundTrip time.Duration) (*Distance, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	d := &Distance{listener: listener, target: target, oneWay: roundTrip / 2, conns: map[net.Conn]bool{}}
	d.working.Go(d.accept)
	return d, nil
}

// Addr is the host:port to connect to.
func (d *Distance) Addr() string { return d.listener.Addr().String() }

// Opened counts the connections made so far.
func (d *Distance) Opened() int { return int(d.opened.Load()) }

// Close stops listening, drops all connections and waits for their end.
func (d *Distance) Close() error {
	err := d.listener.Close()
	d.Cut()
	d.mu.Lock()
	d.done = true
	for c := range d.conns {
		_ = c.Close() // dropped: nothing is left to say
	}
	d.mu.Unlock()
	d.working.Wait()
	return err
}

// Cut drops the connections that stand, as a network does that fails for a moment.
func (d *Distance) Cut() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for c := range d.conns {
		_ = c.Close() // dropped: nothing is left to say
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
			_ = near.Close() // as if nobody listened
			continue
		}
		if !d.keep(near, far) {
			return
		}
		d.working.Go(func() { d.carry(near, far) })
		d.working.Go(func() { d.carry(far, near) })
	}
}

// keep notes connections for the end; false: it has come, and they are closed.
func (d *Distance) keep(conns ...net.Conn) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, c := range conns {
		if d.done {
			_ = c.Close() // dropped: nothing is left to say
			continue
		}
		d.conns[c] = true
	}
	return !d.done
}

// late is what was read, and when it arrives.
type late struct {
	at   time.Time
	data []byte
}

// carry takes one direction until it ends, then ends the other.
func (d *Distance) carry(from, to net.Conn) {
	const most = 1024
	way := make(chan late, most)
	d.working.Go(func() {
		for l := range way {
			time.Sleep(time.Until(l.at)) // this is the distance
			_, _ = to.Write(l.data)      // when the receiver is gone, the reading side ends as well
		}
		d.drop(from, to)
	})
	for {
		buffer := make([]byte, 16<<10)
		n, err := from.Read(buffer)
		if n > 0 {
			way <- late{time.Now().Add(d.oneWay), buffer[:n]}
		}
		if err != nil {
			close(way)
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
