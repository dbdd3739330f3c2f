// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"bytes"
	"io"
	"net"
	"regexp"
	"strings"
	"sync"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// lineHost is another address of the loopback interface than what clients connect from, so that nobody takes the line's
// port while it is closed.
const lineHost = "127.0.0.2"

// line is the way to the mail server. It tells what passes, and can be cut in all the ways that a network knows. It is
// safe for concurrent use.
type line struct {
	server string
	reach  func(at moment, about string) bool

	mu       sync.Mutex
	address  string
	listener net.Listener
	open     map[net.Conn]bool
	reset    bool
	delay    time.Duration
	held     chan struct{} // open while answers are held back
	opened   int
}

// newLine lays a line to a mail server; whoever hears of what passes may kill the operator, and says so: nothing more
// passes then.
func newLine(server string, reach func(at moment, about string) bool) *line {
	GinkgoHelper()
	l := &line{server: server, reach: reach, address: lineHost + ":0", open: map[net.Conn]bool{}}
	l.mend()
	DeferCleanup(l.refuse)
	return l
}

// refuse closes the port and all connections: connecting is refused.
func (l *line) refuse() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.listener != nil {
		Expect(l.listener.Close()).To(Succeed())
		l.listener = nil
	}
	l.hangUp()
}

// cut takes connections and drops each at once, so that they can be counted.
func (l *line) cut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.reset = true
	l.hangUp()
}

// hangUp drops all connections; the caller holds the lock.
func (l *line) hangUp() {
	for conn := range l.open {
		_ = conn.Close() // it may have ended by itself
	}
}

// slow makes every answer of the server come late.
func (l *line) slow(delay time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.delay = delay
	l.letGo()
}

// hold keeps every answer of the server back until the line is slow or mended.
func (l *line) hold() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.held = make(chan struct{})
}

// letGo lets answers pass; the caller holds the lock.
func (l *line) letGo() {
	if l.held != nil {
		close(l.held)
		l.held = nil
	}
}

// mend lets everything pass.
func (l *line) mend() {
	GinkgoHelper()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.reset, l.delay = false, 0
	l.letGo()
	if l.listener != nil {
		return
	}
	listener, err := net.Listen("tcp", l.address)
	Expect(err).NotTo(HaveOccurred())
	l.listener, l.address = listener, listener.Addr().String()
	go l.serve(listener)
}

// connections counts those that were opened so far.
func (l *line) connections() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.opened
}

func (l *line) serve(listener net.Listener) {
	for {
		conn, err := listener.Accept()
		if err != nil {
			return // closed
		}
		if l.take(conn) {
			go l.connect(conn)
		}
	}
}

// await waits as long as an answer takes.
func (l *line) await() {
	l.mu.Lock()
	held := l.held
	l.mu.Unlock()
	if held != nil {
		<-held
	}
	l.mu.Lock()
	delay := l.delay
	l.mu.Unlock()
	<-time.After(delay)
}

// take counts a connection; false: it was dropped.
func (l *line) take(conn net.Conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.opened++
	if l.reset {
		_ = conn.(*net.TCPConn).SetLinger(0) //nolint:forcetypeassert // the listener is TCP's
		_ = conn.Close()
		return false
	}
	l.open[conn] = true
	return true
}

// connect passes on what both sides say until one of them ends.
func (l *line) connect(client net.Conn) {
	defer func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		delete(l.open, client)
		_ = client.Close()
	}()
	server, err := net.Dial("tcp", l.server)
	if err != nil {
		return // the suite is over
	}
	defer server.Close() //nolint:errcheck // nothing depends on it
	d := &dialogue{line: l}
	go func() {
		defer client.Close() //nolint:errcheck // ends the other direction
		pass(client, server, d.answer)
	}()
	pass(server, client, d.say)
}

// pass copies bit by bit while see lets it.
func pass(to io.Writer, from io.Reader, see func([]byte) bool) {
	buffer := make([]byte, 1<<16)
	for {
		n, err := from.Read(buffer)
		if n > 0 && !see(buffer[:n]) {
			return
		}
		if _, failed := to.Write(buffer[:n]); failed != nil || err != nil {
			return
		}
	}
}

// dialogue follows what is said on one connection, pipelined or not.
type dialogue struct {
	line *line

	mu sync.Mutex
	// content is true between 354 and the final dot; dotted from the dot to its answer.
	content, dotted bool
	// tail is the end of the content so far.
	tail []byte
}

var (
	rcpt     = regexp.MustCompile(`(?im)^RCPT TO:<([^>]*)>`)
	goOn     = regexp.MustCompile(`(?m)^354[ -]`)
	finalDot = []byte("\r\n.\r\n")
)

// say sees what the client says; false: the client is dead.
func (d *dialogue) say(chunk []byte) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.content {
		for _, match := range rcpt.FindAllSubmatch(chunk, -1) {
			if d.line.reach(inDialogue, string(match[1])) {
				return false
			}
		}
		return true
	}
	text := append(d.tail, chunk...)
	if len(d.tail) == len("\r\n") && d.line.reach(inContent, "") {
		return false
	}
	d.tail = text[max(0, len(text)-len(finalDot)+1):]
	if bytes.Contains(text, finalDot) {
		d.content, d.dotted = false, true
	}
	return true
}

// answer sees what the server answers; false: the client is dead, and the answer lost.
func (d *dialogue) answer(chunk []byte) bool {
	d.line.await()
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.dotted {
		d.dotted = false
		return !strings.HasPrefix(string(chunk), "2") || !d.line.reach(mailKept, "")
	}
	if goOn.Match(chunk) {
		d.content, d.tail = true, []byte("\r\n")
	}
	return true
}
