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

// proxyHost is not the loopback address that clients connect from, so that no connection occupies the proxy's port while it
// is closed.
const proxyHost = "127.0.0.2"

// smtpProxy is a proxy to the mail server. It reports fault points in the SMTP dialogue and can fail as a network does. It is
// safe for concurrent use.
type smtpProxy struct {
	server  string
	reached func(at faultPoint, about string) bool

	mu       sync.Mutex
	address  string
	listener net.Listener
	conns    map[net.Conn]bool
	reset    bool
	delay    time.Duration
	held     chan struct{} // open while answers are held back
	accepted int
}

// newSMTPProxy starts a proxy to a mail server. If reached returns true, it has killed the operator, and the proxy forwards
// nothing more on that connection.
func newSMTPProxy(server string, reached func(at faultPoint, about string) bool) *smtpProxy {
	GinkgoHelper()
	p := &smtpProxy{server: server, reached: reached, address: proxyHost + ":0", conns: map[net.Conn]bool{}}
	p.restore()
	DeferCleanup(p.refuse)
	return p
}

// refuse closes the port and all connections, so that connections are refused.
func (p *smtpProxy) refuse() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.listener != nil {
		Expect(p.listener.Close()).To(Succeed())
		p.listener = nil
	}
	p.dropAll()
}

// cut accepts connections and drops each one at once, so that they can be counted.
func (p *smtpProxy) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.reset = true
	p.dropAll()
}

// dropAll drops all connections; the caller holds the lock.
func (p *smtpProxy) dropAll() {
	for conn := range p.conns {
		_ = conn.Close() // it may be closed already
	}
}

// slow delays every answer of the server.
func (p *smtpProxy) slow(delay time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.delay = delay
	p.releaseAnswers()
}

// hold holds back every answer of the server until slow or restore is called.
func (p *smtpProxy) hold() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.held = make(chan struct{})
}

// releaseAnswers forwards the answers that were held back; the caller holds the lock.
func (p *smtpProxy) releaseAnswers() {
	if p.held != nil {
		close(p.held)
		p.held = nil
	}
}

// restore forwards everything again.
func (p *smtpProxy) restore() {
	GinkgoHelper()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.reset, p.delay = false, 0
	p.releaseAnswers()
	if p.listener != nil {
		return
	}
	listener, err := net.Listen("tcp", p.address)
	Expect(err).NotTo(HaveOccurred())
	p.listener, p.address = listener, listener.Addr().String()
	go p.serve(listener)
}

// connections returns the number of connections so far.
func (p *smtpProxy) connections() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.accepted
}

func (p *smtpProxy) serve(listener net.Listener) {
	for {
		conn, err := listener.Accept()
		if err != nil {
			return // closed
		}
		if p.register(conn) {
			go p.forward(conn)
		}
	}
}

// awaitAnswer waits as long as an answer is held back or delayed.
func (p *smtpProxy) awaitAnswer() {
	p.mu.Lock()
	held := p.held
	p.mu.Unlock()
	if held != nil {
		<-held
	}
	p.mu.Lock()
	delay := p.delay
	p.mu.Unlock()
	<-time.After(delay)
}

// register counts a connection. It returns false if it has dropped it.
func (p *smtpProxy) register(conn net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.accepted++
	if p.reset {
		_ = conn.(*net.TCPConn).SetLinger(0) //nolint:forcetypeassert // from a TCP listener
		_ = conn.Close()
		return false
	}
	p.conns[conn] = true
	return true
}

// forward forwards both directions until one of them ends.
func (p *smtpProxy) forward(client net.Conn) {
	defer func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		delete(p.conns, client)
		_ = client.Close()
	}()
	server, err := net.Dial("tcp", p.server)
	if err != nil {
		return // the suite has ended
	}
	defer server.Close() //nolint:errcheck // the error does not matter
	d := &dialogue{proxy: p}
	go func() {
		defer client.Close() //nolint:errcheck // ends the other direction
		copyWhile(client, server, d.fromServer)
	}()
	copyWhile(server, client, d.fromClient)
}

// copyWhile copies chunks for which allow returns true, until it returns false.
func copyWhile(to io.Writer, from io.Reader, allow func([]byte) bool) {
	buffer := make([]byte, 1<<16)
	for {
		n, err := from.Read(buffer)
		if n > 0 && !allow(buffer[:n]) {
			return
		}
		if _, failed := to.Write(buffer[:n]); failed != nil || err != nil {
			return
		}
	}
}

// dialogue follows the SMTP dialogue of one connection, pipelined or not.
type dialogue struct {
	proxy *smtpProxy

	mu sync.Mutex
	// content is true from 354 to the final dot; dotted from the dot to its answer.
	content, dotted bool
	// tail is the end of the content so far.
	tail []byte
}

var (
	rcpt     = regexp.MustCompile(`(?im)^RCPT TO:<([^>]*)>`)
	goOn     = regexp.MustCompile(`(?m)^354[ -]`)
	finalDot = []byte("\r\n.\r\n")
)

// fromClient handles what the client sends. It returns false if the client was killed.
func (d *dialogue) fromClient(chunk []byte) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.content {
		for _, match := range rcpt.FindAllSubmatch(chunk, -1) {
			if d.proxy.reached(inDialogue, string(match[1])) {
				return false
			}
		}
		return true
	}
	text := append(d.tail, chunk...)
	if len(d.tail) == len("\r\n") && d.proxy.reached(inContent, "") {
		return false
	}
	d.tail = text[max(0, len(text)-len(finalDot)+1):]
	if bytes.Contains(text, finalDot) {
		d.content, d.dotted = false, true
	}
	return true
}

// fromServer handles an answer of the server. It returns false if the client was killed, so that the answer is lost.
func (d *dialogue) fromServer(chunk []byte) bool {
	d.proxy.awaitAnswer()
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.dotted {
		d.dotted = false
		return !strings.HasPrefix(string(chunk), "2") || !d.proxy.reached(mailAccepted, "")
	}
	if goOn.Match(chunk) {
		d.content, d.tail = true, []byte("\r\n")
	}
	return true
}
