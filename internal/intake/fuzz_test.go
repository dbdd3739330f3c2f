// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package intake

import (
	"bufio"
	"bytes"
	"context"
	netmail "net/mail"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-logr/logr"

	"github.com/usher-operator/usher/internal/emailaddr"
)

// talk has a client say everything at once, and returns the replies.
func talk(t *testing.T, backend *fakeBackend, said string) string {
	now := func() time.Time { return time.Date(2026, time.November, 21, 10, 0, 0, 0, time.UTC) }
	var out bytes.Buffer
	kept := &memory{limit: 1 << 20}
	s := &session{
		agent:  newAgent(backend, backend, Options{Hostname: "usher.acme.example", Now: now, Log: logr.Discard()}),
		memory: kept, timeouts: defaultTimeouts, client: netip.MustParseAddr("192.0.2.1"), stopping: context.Background(),
		in: bufio.NewReaderSize(strings.NewReader(said), 32<<10), out: bufio.NewWriter(&out),
	}
	s.serve()
	if kept.used.Load() != 0 {
		t.Fatalf("%d bytes are not given back", kept.used.Load())
	}
	return out.String()
}

var replyLine = regexp.MustCompile(`^[2345][0-9]{2}[ -][ -\x{10FFFF}]*$`)

// FuzzDialogue says anything to the intake. The replies are lines of LMTP, one for each mail that was passed on says so, and what is passed
// on is whole, with a trace of two fields.
func FuzzDialogue(f *testing.F) {
	const hello = "LHLO mx.acme.example\r\n"
	for _, said := range []string{
		hello + "MAIL FROM:<claire@customers.example> BODY=8BITMIME SIZE=100 SMTPUTF8\r\nRCPT TO:<" + support + ">\r\nRCPT TO:<" + sales +
			">\r\nDATA\r\n" + mailFrom("claire@customers.example") + "..\r\n.\r\nRSET\r\nNOOP\r\nQUIT\r\n",
		"LHLO (a) \"b\\\r\nMAIL FROM:<>\r\nRCPT TO:<@a,@b:" + support + ">\r\nDATA\r\nFrom: a@b.example\r\n.\r\nMAIL FROM:<a@b.example>\r\n",
		hello + "MAIL FROM:<a@b.example> SIZE=-1\r\nMAIL FROM:<\"a>\\\"b\"@c.example>\r\nRCPT TO:<none@in.acme.example>\r\nVRFY x\r\nHELO\r\nBDAT\r\n",
		hello + "mail from: <a@b.example>\r\nrcpt to: <late@in.acme.example>\r\nrcpt to:<" + support + "> NOTIFY=NEVER\r\ndata\r\n",
		strings.Repeat("NOPE\r\n", 30), "\xff\r\n\x00\r\n\n\r" + strings.Repeat("x", 5000),
	} {
		f.Add(said)
	}
	f.Fuzz(func(t *testing.T, said string) {
		backend := newFakeBackend()
		replies := talk(t, backend, said)
		passed := 0
		for line := range strings.SplitSeq(strings.TrimSuffix(replies, "\r\n"), "\r\n") {
			if !replyLine.MatchString(line) {
				t.Fatalf("%q is no reply", line)
			}
			if strings.HasPrefix(line, "250 2.0.0 passed on to the queue of ") {
				passed++
			}
		}
		if passed != len(backend.relayed) {
			t.Fatalf("%d mails were passed on, and %d replies say so", len(backend.relayed), passed)
		}
		for _, m := range backend.relayed {
			checkPassed(t, m)
		}
	})
}

// checkPassed checks a mail that was passed on.
func checkPassed(t *testing.T, m relayedMail) {
	if m.To != queue && m.To != "ventas@acme.example" {
		t.Fatalf("a mail went to %q", m.To)
	}
	if bare(m.Whole) || m.Size != int64(len(m.Whole)) || m.UTF8Header && !m.EightBit {
		t.Fatalf("%+v", m)
	}
	trace, err := netmail.ReadMessage(strings.NewReader(m.Trace + "\r\n"))
	if err != nil || len(trace.Header) != 2 || trace.Header.Get("Received") == "" || trace.Header.Get("Usher-Intake") == "" {
		t.Fatalf("%q is read as %v: %v", m.Trace, trace, err)
	}
}

// bare reports whether a text has a CR or an LF that is not part of a CRLF.
func bare(text string) bool { return strings.ContainsAny(strings.ReplaceAll(text, "\r\n", ""), "\r\n") }

// FuzzMail sends any mail. It is passed on byte by byte or refused, ends where RFC 5321 says that it does, and the account that it leads to
// is that of the one author whom another parser sees, or else of the sender.
func FuzzMail(f *testing.F) {
	for _, wire := range []string{
		mailFrom("claire@customers.example"), mailFrom("Claire <claire@customers.example>", "List-Id: <x>"),
		mailFrom("\"a, b\" <b@c.example>", "Content-Type: multipart/report; boundary=x") + "\r\n.\r\nMAIL FROM:<eve@evil.example>\r\n",
		"From: =?utf-8?q?a?= <a@b.example>\r\n folded\r\nUsher-Intake: " + support + "\r\n\r\n..a\r\n.b\r\n", "a\n.\r\n", "\r.\r\n", "Subject: \x7f\r\n",
		"From: a@b.example\r\nFrom: c@d.example\r\n\r\n", "From : a@b.example (x)\r\nAuto-Submitted: auto-replied\r\n",
	} {
		f.Add("claire@customers.example", wire)
		f.Add("", wire)
	}
	f.Fuzz(func(t *testing.T, sender, wire string) {
		if strings.ContainsAny(sender, " \r\n<>\"\\") || len(sender) > 100 {
			return
		}
		backend := newFakeBackend()
		talk(t, backend, "LHLO x\r\nMAIL FROM:<"+sender+"> SMTPUTF8\r\nRCPT TO:<"+support+">\r\nDATA\r\n"+wire+"\r\n.\r\nQUIT\r\n")
		if len(backend.relayed) == 0 {
			if len(backend.created) > 0 && !strings.Contains(wire, "\r\n.\r\n") {
				t.Fatalf("%v were created for nothing", backend.created)
			}
			return
		}
		checkPassed(t, backend.relayed[0])
		sent, _, _ := strings.Cut("\r\n"+wire+"\r\n.\r\n", "\r\n.\r\n")
		if want := strings.ReplaceAll(sent+"\r\n", "\r\n.", "\r\n")[2:]; backend.relayed[0].Whole != want {
			t.Fatalf("%q was passed on as %q", want, backend.relayed[0].Whole)
		}
		if len(backend.relayed) == 1 {
			checkAccounts(t, backend, sender, backend.relayed[0].Whole)
		}
	})
}

// checkAccounts checks that a mail leads to at most one account: that of its author, or of its sender if it does not name exactly one.
func checkAccounts(t *testing.T, backend *fakeBackend, sender, mail string) {
	if len(backend.created) > 1 {
		t.Fatalf("%q leads to the accounts %v", mail, backend.created)
	}
	m, err := netmail.ReadMessage(strings.NewReader(mail))
	if err != nil || len(backend.created) == 0 {
		return
	}
	address := strings.TrimPrefix(backend.created[0], "acme ")
	from, err := m.Header.AddressList("From")
	named := slices.ContainsFunc(from, func(a *netmail.Address) bool { return emailaddr.Same(a.Address, address) })
	if len(from) != 1 || len(m.Header["From"]) != 1 {
		named = address == sender
	}
	if err == nil && !named {
		t.Fatalf("%q leads to the account of %q rather than of %v", mail, address, from)
	}
}
