// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package intake

import (
	"crypto/rand"
	"fmt"
	"net/netip"
	"net/url"
	"strings"
	"time"
)

// trace returns the header fields that are added at the top (RFC 5321, 4.4).
func (a *agent) trace(m *message, to *Destination) string {
	protocol, target := "LMTP", ""
	if m.utf8 {
		protocol = "UTF8LMTP" // RFC 6531, 4.3
	}
	if isPrintable(to.Intake) {
		target = "\r\n\tfor <" + to.Intake + ">"
	}
	trace := fmt.Sprintf("Received: from %s (%s)\r\n\tby %s (Usher) with %s id %s%s;\r\n\t%s\r\n",
		inTrace(m.helo), clientInTrace(m.client), a.hostname, protocol, m.id, target, a.now().Format(time.RFC1123Z))
	return trace + "Usher-Intake: " + loopToken(to.Intake) + "\r\n"
}

// loopToken returns an intake address in ASCII.
func loopToken(intake string) string {
	if isPrintable(intake) {
		return intake
	}
	return url.PathEscape(intake)
}

func isPrintable(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' })
}

// inTrace returns the name that a client gave, without the characters that a trace field must not contain.
func inTrace(helo string) string {
	valid := strings.Map(func(r rune) rune {
		if r <= ' ' || r > '~' || strings.ContainsRune(`()<>;,\"@`, r) {
			return -1
		}
		return r
	}, helo)
	if valid == "" {
		return "unknown"
	}
	return valid[:min(len(valid), 255)]
}

func clientInTrace(client netip.Addr) string {
	switch {
	case !client.IsValid():
		return "by a local socket"
	case client.Is6():
		return "[IPv6:" + client.WithZone("").String() + "]"
	}
	return "[" + client.String() + "]"
}

// newID returns an identifier of a mail for trace fields and logs.
func newID() string { return rand.Text()[:16] }
