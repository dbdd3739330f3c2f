// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package budget

import (
	"cmp"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"
	"time"
)

// waitFor is how much of a budget an object waits for once it is reached: what comes back in this time.
const waitFor = 5 * time.Minute

// Message is a message that is due.
type Message struct {
	// Stream is the kind of message; empty: it has no budget.
	Stream Stream
	// Destination is the address or number that it goes to.
	Destination string
}

// Hold says for which budget a message waits, and until when at least.
type Hold struct {
	Budget string
	Until  time.Time
}

// Ledger keeps account of what was sent for each organization and to each destination. It is not safe for concurrent use.
type Ledger struct {
	limits        Limits
	organizations map[string]*Limiter
	destinations  map[string]*Bucket
}

// NewLedger returns a Ledger in which nothing has been sent.
func NewLedger(limits Limits) *Ledger {
	return &Ledger{limits: limits, organizations: map[string]*Limiter{}, destinations: map[string]*Bucket{}}
}

// Reserve returns which of an object's messages may be sent now, by their places, up to most of them; and for which budgets the others
// wait. A message that is in neither may be sent the next time. What is not sent has to be given back.
func (l *Ledger) Reserve(r Requester, messages []Message, most int, now time.Time) (allowed []int, held map[int]Hold) {
	held = map[int]Hold{}
	for _, stream := range streamsOf(messages) {
		var open []int
		for n, m := range messages {
			if m.Stream != stream {
				continue
			}
			if until, text := l.takeDestination(r.Tenant, m, now); !until.IsZero() {
				held[n] = Hold{Budget: text, Until: until}
				continue
			}
			open = append(open, n)
		}
		admitted, hold := l.reserveStream(r, stream, len(open), most-len(allowed), now)
		for _, n := range open[admitted:] {
			l.giveBackDestination(r.Tenant, messages[n])
			if hold.Budget != "" {
				held[n] = hold
			}
		}
		allowed = append(allowed, open[:admitted]...)
	}
	return allowed, held
}

// reserveStream reserves messages of one stream, up to most. The hold is set if the organization's budget does not allow that many.
func (l *Ledger) reserveStream(r Requester, stream Stream, messages, most int, now time.Time) (int, Hold) {
	wanted := min(messages, most)
	if stream == "" || wanted <= 0 {
		return max(wanted, 0), Hold{}
	}
	limiter := l.organization(r.Tenant, stream)
	allowed, wait := limiter.Reserve(r, wanted, now)
	if allowed == wanted {
		return allowed, Hold{}
	}
	rest := min(messages-allowed, limiter.chunk)
	if allowed > 0 {
		_, wait = limiter.Reserve(r, messages-allowed, now)
	}
	return allowed, Hold{Budget: limiter.scarcest(rest, now).limit.text, Until: now.Add(wait)}
}

// GiveBack gives back what was reserved for a message that was not sent.
func (l *Ledger) GiveBack(organization string, m Message) {
	if m.Stream == "" {
		return
	}
	l.organization(organization, m.Stream).GiveBack(1)
	l.giveBackDestination(organization, m)
}

func (l *Ledger) organization(name string, s Stream) *Limiter {
	key := string(s) + "/" + name
	limiter := l.organizations[key]
	if limiter == nil {
		limiter = newOrganization(l.limits.ofOrganization(s))
		l.organizations[key] = limiter
	}
	return limiter
}

func newOrganization(limits []limit) *Limiter {
	chunk := 0
	for _, limit := range limits {
		if limit.most > 0 {
			comesBack := int(int64(limit.most) * int64(waitFor) / int64(limit.per))
			chunk = cmp.Or(min(chunk, comesBack), comesBack)
		}
	}
	buckets := make([]*Bucket, 0, len(limits))
	for _, limit := range limits {
		buckets = append(buckets, newBucket(limit))
	}
	return NewLimiter(chunk, buckets...)
}

// takeDestination takes one message to a destination. If there is none left, it returns when there is, and the budget's text.
func (l *Ledger) takeDestination(organization string, m Message, now time.Time) (time.Time, string) {
	if m.Stream == "" {
		return time.Time{}, ""
	}
	key := destinationKey(organization, m)
	b := l.destinations[key]
	if b == nil {
		if b = newBucket(l.limits.ofDestination(m.Stream)); b == nil {
			return time.Time{}, ""
		}
		l.destinations[key] = b
	}
	if wait := b.until(1, now); wait > 0 {
		return now.Add(wait), b.limit.text
	}
	b.take(1, now)
	return time.Time{}, ""
}

func (l *Ledger) giveBackDestination(organization string, m Message) {
	if b := l.destinations[destinationKey(organization, m)]; b != nil {
		b.giveBack(1)
	}
}

// destinationKey returns a short key that does not show the destination.
func destinationKey(organization string, m Message) string {
	h := sha256.New()
	for _, part := range []string{organization, string(m.Stream), strings.ToLower(m.Destination)} {
		_, _ = fmt.Fprintf(h, "%d:%s", len(part), part)
	}
	return string(m.Stream) + "/" + base64.RawURLEncoding.EncodeToString(h.Sum(nil)[:16])
}

// streamsOf returns the streams of the messages, each once, in their order.
func streamsOf(messages []Message) []Stream {
	var streams []Stream
	seen := map[Stream]bool{}
	for _, m := range messages {
		if !seen[m.Stream] {
			seen[m.Stream] = true
			streams = append(streams, m.Stream)
		}
	}
	return streams
}
