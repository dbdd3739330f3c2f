// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package load

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/usher-operator/usher/internal/testing/timing"
)

func TestLoad(t *testing.T) {
	timing.SetDefaults()
	RegisterFailHandler(Fail)
	RunSpecs(t, "Load")
}

var _ = Describe("The pace of a load", func() {
	It("does not wait for answers, and ends when all have been given", func(ctx context.Context) {
		ctx, stop := context.WithCancel(ctx)
		const some = 5
		begun, answers, over := make(chan time.Time, some), make(chan struct{}), make(chan struct{})
		go func() {
			defer close(over)
			pace(ctx, 1000, func(due time.Time) {
				select {
				case begun <- due:
				default:
				}
				<-answers
			})
		}()
		Eventually(begun).Should(HaveLen(some))
		stop()
		Consistently(over).ShouldNot(BeClosed())
		close(answers)
		Eventually(over).Should(BeClosed())
		due := []time.Time{<-begun, <-begun, <-begun}
		slices.SortFunc(due, time.Time.Compare)
		Expect(due[1].Sub(due[0]) % time.Millisecond).To(BeZero())
	})

	It("waits for each answer, if the writes are a test's own", func(ctx context.Context) {
		var open, most atomic.Int32
		run := Begin(ctx, Writes("one", func(context.Context) error {
			most.Store(max(most.Load(), open.Add(1)))
			defer open.Add(-1)
			return errors.New("refused")
		}))
		Eventually(run.Answered).Should(BeNumerically(">", 10))
		result := run.Stop()
		Expect(most.Load()).To(BeEquivalentTo(1))
		Expect(result.Called("one").Failed().Count()).To(Equal(result.Count()))
		Expect(result.Called("other").Count()).To(BeZero())
	})
})

var _ = Describe("A write that fails", func() {
	users := schema.GroupResource{Group: "accounts.usher.dev", Resource: "orgusers"}
	DescribeTable("is told apart", func(err error, unreached bool) {
		Expect(judged("update OrgUser", err)).To(Equal(outcome{what: "update OrgUser", refusal: err.Error(), unreached: unreached}))
	},
		Entry("as refused, if the webhook does not answer",
			apierrors.NewInternalError(errors.New(`failed calling webhook "orgusers.accounts.usher.dev": connection refused`)), false),
		Entry("as refused, if the webhook denies it", apierrors.NewForbidden(users, "eva",
			errors.New(`admission webhook "orgusers.accounts.usher.dev" denied the request: eva may not`)), false),
		Entry("as refused, if an object is not there", apierrors.NewNotFound(users, "eva"), false),
		Entry("as not reached, if the API server does not answer", errors.New("connect: connection refused"), true),
		Entry("as not reached, if the API server is busy", apierrors.NewTooManyRequests("later", 1), true),
		Entry("as not reached, if the API server has not loaded its roles yet",
			apierrors.NewForbidden(users, "eva", errors.New("RBAC: clusterrole not found")), true),
		Entry("as not reached, if etcd does not answer", apierrors.NewInternalError(errors.New("etcdserver: leader changed")), true),
	)
})

var _ = Describe("A page", func() {
	view := func(ctx context.Context, answer http.HandlerFunc) outcome {
		GinkgoHelper()
		server := httptest.NewServer(answer)
		defer server.Close()
		return (&Organization{link: server.URL, visitors: newVisitors()}).view(ctx)
	}

	It("is granted with its form", func(ctx context.Context) {
		Expect(view(ctx, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<form>")) }).refusal).To(BeEmpty())
	})

	DescribeTable("is refused", func(ctx context.Context, answer http.HandlerFunc, why string) {
		Expect(view(ctx, answer)).To(Equal(outcome{what: "view an invitation", refusal: why}))
	},
		Entry("with any other status", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) },
			"the portal answered 503 Service Unavailable"),
		Entry("without a form", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("Expired")) }, "the page has no form"),
	)
})

var _ = Describe("The table of loads", func() {
	It("counts each kind, and what the API server itself did not take apart", func() {
		now := time.Now()
		request := func(kind Kind, wait time.Duration, refusal string, unreached bool) Request {
			return Request{Kind: kind, Due: now, Answered: now.Add(wait), Refusal: refusal, Unreached: unreached}
		}
		var table Table
		table.Add("leader killed", Result{Requests: []Request{
			request(Write, time.Second, "", false), request(Write, 2*time.Second, "EOF", false), request(Write, 0, "refused", true),
			request(Reference, 250*time.Millisecond, "", false),
			request(Page, 1500*time.Millisecond, "", false),
		}}, "new leader after 15 s")
		Expect(table.String()).To(ContainSubstring(
			"\n| leader killed | 3 | 1 | 1 | 2.00 s | 0.25 s | 1 | 0 | 1.50 s | new leader after 15 s |\n"))
	})
})
