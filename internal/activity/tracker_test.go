// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package activity

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-logr/logr/funcr"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"
	"sigs.k8s.io/controller-runtime/pkg/manager"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/live"
)

var _ manager.LeaderElectionRunnable = &Tracker{}

var _ = Describe("The tracker", func() {
	var (
		patches atomic.Int64
		fail    atomic.Pointer[func(client.Object) error]
		funcs   interceptor.Funcs
		logged  *lines
	)
	BeforeEach(func() {
		patches.Store(0)
		fail.Store(nil)
		logged = &lines{}
		funcs = interceptor.Funcs{SubResourcePatch: func(ctx context.Context, c client.Client, name string, o client.Object,
			patch client.Patch, opts ...client.SubResourcePatchOption,
		) error {
			patches.Add(1)
			if f := fail.Load(); f != nil {
				if err := (*f)(o); err != nil {
					return err
				}
			}
			return c.SubResource(name).Patch(ctx, o, patch, opts...)
		}}
	})
	start := func(c client.Client) *Tracker {
		t := New(Options{Client: c, Interval: live.Of(interval), Now: func() time.Time { return noon }, Log: funcr.New(logged.add, funcr.Options{})})
		Expect(t.NeedLeaderElection()).To(BeFalse())
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan error, 1)
		go func() { done <- t.Start(ctx) }()
		DeferCleanup(func() {
			cancel()
			Eventually(done).Should(Receive(BeNil()))
		})
		return t
	}
	lastActive := func(c client.Client, name string) func(Gomega) string {
		return func(g Gomega) string {
			var u v1alpha1.OrgUser
			g.Expect(c.Get(context.Background(), client.ObjectKey{Namespace: "acme", Name: name}, &u)).To(Succeed())
			return u.Status.LastActive
		}
	}
	// awaitAll waits until everybody who was seen so far is written or ignored.
	awaitAll := func(t *Tracker, c client.Client) {
		t.Seen("acme", "marker", noon)
		Eventually(lastActive(c, "marker")).Should(Equal("2026-11-21T12:00:00Z"))
	}

	It("writes once for any number of requests", func() {
		c := newClient(funcs, active("ana", noon.Add(-time.Hour)))
		t := start(c)
		var all sync.WaitGroup
		for range 10 {
			all.Go(func() {
				for range 100 {
					t.Seen("acme", "ana", noon)
				}
			})
		}
		all.Wait()
		Eventually(lastActive(c, "ana")).Should(Equal("2026-11-21T12:00:00Z"))
		t.Seen("acme", "ana", noon.Add(interval-time.Second))
		Eventually(func() string { // a request during a write adds nothing
			t.Seen("acme", "ana", noon.Add(interval))
			return lastActive(c, "ana")(Default)
		}).Should(Equal("2026-11-21T12:15:00Z"))
		Expect(patches.Load()).To(BeEquivalentTo(2))
	})

	It("OPS-1 tracks nothing while the interval is zero, and again with another one", func() {
		c := newClient(funcs, active("ana", noon.Add(-time.Hour)), active("marker", noon.Add(-time.Hour)))
		t := start(c)
		t.Interval.Store(0)
		t.Seen("acme", "ana", noon)
		t.Interval.Store(interval)
		awaitAll(t, c)
		Expect(patches.Load()).To(BeEquivalentTo(1), "the marker's")

		By("making it shorter, which holds for each person once their current one is over")
		t.Interval.Store(time.Minute)
		for _, seen := range []string{"2026-11-21T12:15:00Z", "2026-11-21T12:16:00Z"} {
			at, err := time.Parse(time.RFC3339, seen)
			Expect(err).NotTo(HaveOccurred())
			Eventually(func() string { // a request during a write adds nothing
				t.Seen("acme", "marker", at)
				return lastActive(c, "marker")(Default)
			}).WithTimeout(20 * time.Second).Should(Equal(seen))
		}
	})

	It("writes nothing for people who are suspended, pending, deleted or were just active", func() {
		suspended, pending := active("sam", noon.Add(-time.Hour)), active("pia", noon)
		suspended.Status.State = v1alpha1.UserSuspended
		pending.Status.State, pending.Status.LastActive = v1alpha1.UserPending, v1alpha1.LastActivePending
		c := newClient(funcs, suspended, pending, active("ana", noon.Add(-time.Minute)), active("marker", noon.Add(-time.Hour)))
		t := start(c)
		for _, name := range []string{"sam", "pia", "ana", "gone"} {
			t.Seen("acme", name, noon)
		}
		awaitAll(t, c)
		Expect(patches.Load()).To(BeEquivalentTo(1), "the marker's")
		Expect(logged.all()).To(BeEmpty())
	})

	It("decides again after a conflict", func() {
		c := newClient(funcs, active("ana", noon.Add(-time.Hour)), active("marker", noon.Add(-time.Hour)))
		first := func(client.Object) error {
			fail.Store(nil)
			u := active("ana", noon.Add(-time.Hour))
			if err := c.Get(context.Background(), client.ObjectKeyFromObject(u), u); err != nil {
				return err
			}
			u.Status.LastActive = noon.Add(-time.Minute).Format(time.RFC3339) // another replica was faster
			return c.Status().Update(context.Background(), u)
		}
		fail.Store(&first)
		t := start(c)
		t.Seen("acme", "ana", noon)
		awaitAll(t, c)
		Expect(lastActive(c, "ana")(Default)).To(Equal("2026-11-21T11:59:00Z"))
	})

	It("retries a failed write, and logs the error without the name", func() {
		c := newClient(funcs, active("ana", noon.Add(-time.Hour)))
		broken := func(client.Object) error {
			fail.Store(nil)
			return errors.New("the API server is down")
		}
		fail.Store(&broken)
		t := start(c)
		t.Seen("acme", "ana", noon)
		Eventually(lastActive(c, "ana")).Should(Equal("2026-11-21T12:00:00Z"))
		Expect(patches.Load()).To(BeEquivalentTo(2))
		Expect(logged.all()).To(HaveExactElements(And(ContainSubstring("the API server is down"), Not(ContainSubstring("ana")))))
	})

	It("spreads the writes of many people", func() {
		const people = 15
		objects := make([]client.Object, people)
		for n := range objects {
			objects[n] = active(fmt.Sprintf("p%d", n), noon.Add(-time.Hour))
		}
		release := make(chan struct{})
		stuck := func(client.Object) error {
			<-release // Seen does not wait for a write
			return nil
		}
		fail.Store(&stuck)
		t := start(newClient(funcs, objects...))
		began := time.Now()
		for n := range people {
			t.Seen("acme", fmt.Sprintf("p%d", n), noon)
		}
		close(release)
		Eventually(patches.Load).Should(BeEquivalentTo(people))
		Expect(time.Since(began)).To(BeNumerically(">=", (people-1)*time.Second/writesPerSecond-50*time.Millisecond))
	})

	It("logs how many requests were dropped", func() {
		t := New(Options{Interval: live.Of(interval), Now: func() time.Time { return noon }, Log: funcr.New(logged.add, funcr.Options{})})
		t.queue.capacity = 1
		t.Seen("acme", "ana", noon)
		t.Seen("acme", "bea", noon)
		t.prune()
		t.prune()
		Expect(logged.all()).To(HaveExactElements(And(ContainSubstring(`"requests"=1`), Not(ContainSubstring("bea")))))
	})
})

// lines are the lines that were logged.
type lines struct {
	mu   sync.Mutex
	text []string
}

func (l *lines) add(_, args string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text = append(l.text, args)
}

func (l *lines) all() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text
}
