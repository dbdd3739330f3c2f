// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package portal

import (
	"container/list"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

const (
	defaultRate  = 5
	defaultBurst = 40
	// defaultQuestionsPerHour is how many questions come from a network.
	defaultQuestionsPerHour = 30
	// maxClients bounds the memory of a limiter: about 200 bytes a client.
	maxClients = 10000
)

// limiter holds one token bucket a client network, the least recently seen of which are forgotten.
type limiter struct {
	rate  rate.Limit
	burst int
	// networkOf gives whose requests are counted together.
	networkOf func(netip.Addr) netip.Prefix

	mu      sync.Mutex
	clients map[netip.Prefix]*list.Element
	// seen has the client seen last in front.
	seen *list.List
}

type visitor struct {
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

// allow tells whether a request of the client at that time is within the limit.
func (l *limiter) allow(address netip.Addr, now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.prune(now)
	network := l.networkOf(address)
	element, ok := l.clients[network]
	if !ok {
		element = l.seen.PushFront(&visitor{network: network, bucket: rate.NewLimiter(l.rate, l.burst)})
		l.clients[network] = element
	}
	l.seen.MoveToFront(element)
	c := element.Value.(*visitor) //nolint:forcetypeassert // the list holds nothing else
	c.last = now
	return c.bucket.AllowN(now, 1)
}

// prune forgets clients whose bucket is full again, which loses nothing, and whoever is beyond the bound.
func (l *limiter) prune(now time.Time) {
	refill := time.Duration(float64(l.burst) / float64(l.rate) * float64(time.Second))
	for oldest := l.seen.Back(); oldest != nil; oldest = l.seen.Back() {
		c := oldest.Value.(*visitor) //nolint:forcetypeassert // the list holds nothing else
		if now.Sub(c.last) < refill && l.seen.Len() < maxClients {
			return
		}
		l.seen.Remove(oldest)
		delete(l.clients, c.network)
	}
}

// networkOf is what one client can easily change its address within: an IPv6 /64, one IPv4 address.
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

// wideNetworkOf is what one customer of a provider can change its address within: an IPv6 /64, an IPv4 /24.
func wideNetworkOf(address netip.Addr) netip.Prefix {
	if !address.Is4() {
		return networkOf(address)
	}
	network, err := address.Prefix(24)
	if err != nil {
		return netip.Prefix{}
	}
	return network
}
