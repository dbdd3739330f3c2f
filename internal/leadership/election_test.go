// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package leadership

import (
	"context"
	"errors"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// replica is one that takes part in an election.
type replica struct {
	*Election

	stop  context.CancelFunc
	ended chan error
	// acting and acted are what happens in terms.
	acting, acted chan struct{}
}

// quick has leases lost soon. Whole seconds: so leases are written.
var quick = Timing{Lease: 3 * time.Second, Renew: 2 * time.Second, Retry: 50 * time.Millisecond}

// join has a replica take part. Its terms end when they are told to, once held is closed, with an error that fails returns.
func join(ctx context.Context, r *register, name string, held <-chan struct{}, fails func() error) *replica {
	ctx, stop := context.WithCancel(ctx)
	p := &replica{stop: stop, ended: make(chan error, 1), acting: make(chan struct{}, 10), acted: make(chan struct{}, 10)}
	p.Election = NewElection("lease", &lockOf{register: r, identity: name}, quick, func(ctx context.Context, elected <-chan struct{}) error {
		select {
		case <-ctx.Done():
			return nil
		case <-elected:
		}
		if err := fails(); err != nil {
			return err
		}
		p.acting <- struct{}{}
		<-ctx.Done()
		<-held
		p.acted <- struct{}{}
		return nil
	})
	go func() { p.ended <- p.Start(ctx) }()
	DeferCleanup(stop)
	return p
}

var _ = Describe("An election", func() {
	var (
		r    *register
		free chan struct{}
	)

	succeeds := func() error { return nil }

	BeforeEach(func() {
		r, free = &register{}, make(chan struct{})
		close(free)
	})

	It("OPS-3 ends the term of a leader that cannot renew its lease, and has it act again when it can", func(ctx context.Context) {
		p := join(ctx, r, "a", free, succeeds)
		Eventually(p.acting).Should(Receive())
		Expect(p.Leads()).To(BeTrue())

		r.goAway(true)
		Eventually(p.acted).Should(Receive())
		Eventually(p.Leads).Should(BeFalse())
		Expect(p.ended).NotTo(Receive(), "a lost lease ends a term, not the replica")

		r.goAway(false)
		Eventually(p.acting).Should(Receive())
		Expect(p.Leads()).To(BeTrue())
	})

	It("OPS-3 has one replica act at a time, and the other one when that one leaves", func(ctx context.Context) {
		a := join(ctx, r, "a", free, succeeds)
		Eventually(a.acting).Should(Receive())
		b := join(ctx, r, "b", free, succeeds)
		Consistently(b.acting, 10*quick.Retry).ShouldNot(Receive())

		a.stop()
		Eventually(a.ended).Should(Receive(BeNil()))
		Eventually(b.acting).Should(Receive())
	})

	It("OPS-3 keeps the lease until the term has ended", func(ctx context.Context) {
		held := make(chan struct{})
		a := join(ctx, r, "a", held, succeeds)
		Eventually(a.acting).Should(Receive())
		b := join(ctx, r, "b", free, succeeds)

		a.stop()
		Consistently(b.acting, 10*quick.Retry).ShouldNot(Receive())
		Expect(r.holder()).To(Equal("a"))
		close(held)
		Eventually(b.acting).Should(Receive())
	})

	It("ends with the error of a term, and leaves the lease to others", func(ctx context.Context) {
		a := join(ctx, r, "a", free, func() error { return errors.New("no cache") })
		Eventually(a.ended).Should(Receive(MatchError("no cache")))
		b := join(ctx, r, "b", free, succeeds)
		Eventually(b.acting).Should(Receive())
	})

	It("leads at once and always without a lock", func(ctx context.Context) {
		acting := make(chan struct{}, 1)
		e := NewElection("lease", nil, quick, func(ctx context.Context, elected <-chan struct{}) error {
			<-elected
			acting <- struct{}{}
			<-ctx.Done()
			return nil
		})
		ctx, stop := context.WithCancel(ctx)
		ended := make(chan error, 1)
		go func() { ended <- e.Start(ctx) }()
		Eventually(acting).Should(Receive())
		Expect(e.Leads()).To(BeTrue())
		stop()
		Eventually(ended).Should(Receive(BeNil()))
	})
})
