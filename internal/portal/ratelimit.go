// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package portal

import (
	"container/list"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/usher-operator/usher/internal/live"
)

const (
	defaultRate  = 5
	defaultBurst = 40
	// defaultQuestionsPerHour is the limit for each network.
	defaultQuestionsPerHour = 30
	// maxClients bounds the memory of a limiter: about 200 bytes per client.
	maxClients = 10000
)

// limiter holds a token bucket per client network. It drops the least recently seen.
type limiter struct {
	rate  rate.Limit
	burst int
	// networkOf returns the network whose requests are counted together.
	networkOf func(netip.Addr) netip.Prefix

	mu      sync.Mutex
	clients map[netip.Prefix]*list.Element
	// seen is ordered by when clients were last seen, the latest first.
	seen *list.List
}

type clientBucket struct {
	network netip.Prefix
	bucket  *rate.Limiter
	last    time.Time
}

func newLimiter(perSecond float64, burst int) *limiter {
	if perSecond == 0 {
		perSecond = defaultRate
	}
	if burst <= 0 {
		burst = defaultBurst
	}
	return &limiter{
		rate: rate.Limit(perSecond), burst: burst, networkOf: networkOf,
		clients: map[netip.Prefix]*list.Element{}, seen: list.New(),
	}
}

// allow counts a request and reports whether it is within the limit.
func (l *limiter) allow(address netip.Addr, now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.prune(now)
	network := l.networkOf(address)
	element, ok := l.clients[network]
	if !ok {
		element = l.seen.PushFront(&clientBucket{network: network, bucket: rate.NewLimiter(l.rate, l.burst)})
		l.clients[network] = element
	}
	l.seen.MoveToFront(element)
	c := element.Value.(*clientBucket) //nolint:forcetypeassert // the list contains nothing else
	c.last = now
	return c.bucket.AllowN(now, 1)
}

// prune drops clients whose bucket is full again, which loses nothing, and those that exceed the bound.
func (l *limiter) prune(now time.Time) {
	refill := time.Duration(float64(l.burst) / float64(l.rate) * float64(time.Second))
	for oldest := l.seen.Back(); oldest != nil; oldest = l.seen.Back() {
		c := oldest.Value.(*clientBucket) //nolint:forcetypeassert // the list contains nothing else
		if now.Sub(c.last) < refill && l.seen.Len() < maxClients {
			return
		}
		l.seen.Remove(oldest)
		delete(l.clients, c.network)
	}
}

// newQuestionLimit returns a function that counts a question and reports whether it is within the limit of the client's network.
func newQuestionLimit(opts Options) func(*http.Request) bool {
	limit := liveLimiter{rate: opts.QuestionsPerHour, build: func(hourly float64) *limiter {
		if hourly == 0 {
			hourly = defaultQuestionsPerHour
		}
		limit := newLimiter(hourly/time.Hour.Seconds(), max(int(hourly), 1))
		limit.networkOf = wideNetworkOf
		return limit
	}}
	return func(r *http.Request) bool { return limit.allow(clientAddress(r, opts.TrustedProxies), time.Now()) }
}

// liveLimiter is a limiter whose rate may change; negative: no limit. With a new rate, all counts start anew.
type liveLimiter struct {
	rate  live.Value[float64]
	build func(rate float64) *limiter

	mu      sync.Mutex
	builtOf float64
	current *limiter
}

// allow counts a request and reports whether it is within the limit.
func (l *liveLimiter) allow(address netip.Addr, now time.Time) bool {
	current := l.inForce()
	return current == nil || current.allow(address, now)
}

// inForce returns the limiter; nil: there is no limit.
func (l *liveLimiter) inForce() *limiter {
	now := l.rate.Load()
	if now < 0 {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.current == nil || l.builtOf != now {
		l.current, l.builtOf = l.build(now), now
	}
	return l.current
}

// networkOf returns the network within which a client can easily change its address: an IPv6 /64, or a single IPv4 address.
func networkOf(address netip.Addr) netip.Prefix {
	bits := address.BitLen()
	if address.Is6() {
		bits = 64
	}
	network, err := address.WithZone("").Prefix(bits)
	if err != nil {
		return netip.Prefix{}
	}
	return network
}

// wideNetworkOf returns the network within which a customer of a provider may get other addresses: an IPv6 /48, which many providers
// give to one customer, or an IPv4 /24.
func wideNetworkOf(address netip.Addr) netip.Prefix {
	bits := 24
	if address.Is6() {
		bits = 48
	}
	network, err := address.WithZone("").Prefix(bits)
	if err != nil {
		return netip.Prefix{}
	}
	return network
}
