// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package setup

import (
	"context"
	"net/http"
	"net/http/httptest"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	ctrl "sigs.k8s.io/controller-runtime"
)

// runnable is a server, or a manager's work.
type runnable func(ctx context.Context) error

// Start implements manager.Runnable.
func (r runnable) Start(ctx context.Context) error { return r(ctx) }

// workingManager is a manager that works until it is told to stop.
type workingManager struct {
	ctrl.Manager
	work runnable
}

// Start implements manager.Manager.
func (m workingManager) Start(ctx context.Context) error { return m.work(ctx) }

var _ = Describe("OPS-3 the doors", func() {
	var (
		d       *doors
		started chan struct{}
		// finish ends the request in progress that keeps a server from ending.
		finish chan struct{}
		server runnable
	)

	BeforeEach(func() {
		d, started, finish = newDoors(0), make(chan struct{}), make(chan struct{})
		server = func(ctx context.Context) error {
			close(started)
			<-ctx.Done()
			<-finish
			return errStarted
		}
	})

	It("close before the manager stops, which goes on working until requests in progress have ended", func(ctx SpecContext) {
		told, tell := context.WithCancel(ctx)
		working := make(chan context.Context, 1)
		manager := drainedManager{doors: d, Manager: workingManager{work: func(ctx context.Context) error {
			working <- ctx
			<-ctx.Done()
			return nil
		}}}
		managerEnded, doorEnded := make(chan error, 1), make(chan error, 1)
		go func() { managerEnded <- manager.Start(told) }()
		go func() { doorEnded <- door{d, server}.Start(context.WithoutCancel(ctx)) }()
		work := <-working
		<-started
		tell()
		Eventually(d.leaving).Should(BeClosed())
		Eventually(d.closed.Done()).Should(BeClosed())
		Expect(work.Err()).NotTo(HaveOccurred(), "a request is in progress")

		close(finish)
		Eventually(managerEnded).Should(Receive(BeNil()))
		Expect(doorEnded).To(Receive(MatchError(errStarted)))
		Expect(door{d, server}.Start(ctx)).To(Succeed(), "it does not open again")
	})

	It("let the manager end by itself", func(ctx SpecContext) {
		manager := drainedManager{doors: d, Manager: workingManager{work: func(context.Context) error { return errStarted }}}
		Expect(manager.Start(ctx)).To(MatchError(errStarted))
		Expect(d.leaving).NotTo(BeClosed())
	})

	It("ask clients to leave once the operator is about to stop", func() {
		handler := d.farewell(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) }))
		answer := func() *httptest.ResponseRecorder {
			recorder := httptest.NewRecorder()
			handler.ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, "/", nil))
			return recorder
		}
		Expect(answer().Header()).NotTo(HaveKey("Connection"))
		d.drain()
		Expect(answer()).To(And(HaveField("Code", http.StatusTeapot), HaveField("HeaderMap", HaveKeyWithValue("Connection", []string{"close"}))))
	})
})
