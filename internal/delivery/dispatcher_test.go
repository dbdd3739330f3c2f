// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package delivery

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/live"
	"github.com/usher-operator/usher/internal/testing/builders"
)

var _ = Describe("A dispatcher", func() {
	team := builders.Invitation("acme", "team").Obj()
	var now time.Time
	clock := func() time.Time { return now }
	// full sends full batches from the start, one message at a time.
	full := func(perMinute int) *Dispatcher {
		d := NewDispatcher(1, live.Of(perMinute), clock)
		d.recorded.Store(10)
		return d
	}

	BeforeEach(func() { now = time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC) })

	It("does nothing until a message is due, and comes again then", func(ctx SpecContext) {
		box := outboxOf(Message{ID: "later", Wait: time.Hour}, Message{ID: "soon", Wait: time.Minute})
		Expect(full(0).Deliver(ctx, team, box)).To(Equal(ctrl.Result{RequeueAfter: time.Minute}))
		Expect(box.calls).To(BeEmpty())
		Expect(full(0).Deliver(ctx, team, outboxOf())).To(BeZero())
	})

	It("sends what is due, the most urgent first, and leaves the rest", func(ctx SpecContext) {
		box := outboxOf(Message{ID: "a"}, Message{ID: "later", Wait: time.Minute}, Message{ID: "b", Urgency: 1}, Message{ID: "c", Urgency: 1})
		Expect(full(0).Deliver(ctx, team, box)).To(Equal(ctrl.Result{RequeueAfter: time.Minute}))
		Expect(box.sent).To(Equal([]string{"b", "c", "a"}))
		Expect(box.calls).To(Equal([]string{"load", "record a b c"}))
	})

	It("sends from the newest state, not from the cache's", func(ctx SpecContext) {
		box := outboxOf(messages("sent", "due")...)
		box.newest = messages("due", "new")
		Expect(full(0).Deliver(ctx, team, box)).To(BeZero())
		Expect(box.sent).To(Equal([]string{"due", "new"}))
	})

	It("sends in batches, each from the state that the one before has written", func(ctx SpecContext) {
		box := outboxOf(messages("a", "b", "c", "d")...)
		box.recording = func(context.Context) {
			box.pending = slices.DeleteFunc(slices.Clone(box.pending), func(m Message) bool { return m.ID == "b" })
			box.recording = nil
		}
		Expect(NewDispatcher(1, live.Of(0), clock).Deliver(ctx, team, box)).To(BeZero())
		Expect(box.calls).To(Equal([]string{"load", "record a", "record c d"}), "b was dropped while a was sent")
		Expect(box.sent).To(Equal([]string{"a", "c", "d"}))
	})

	It("sends at most 100 messages in a batch, over several connections", func(ctx SpecContext) {
		var all []Message
		for n := range 130 {
			all = append(all, Message{ID: fmt.Sprintf("m%03d", n)})
		}
		box := outboxOf(all...)
		d := full(0)
		d.connections = 4
		Expect(d.Deliver(ctx, team, box)).To(BeZero())
		Expect(box.sent).To(HaveLen(130))
		Expect(box.calls).To(HaveExactElements(Equal("load"), HaveLen(len("record")+100*5), HaveLen(len("record")+30*5)))
	})

	It("sends as many as the rate limit allows, and comes again for the rest", func(ctx SpecContext) {
		d, box := full(120), outboxOf(messages("a", "b", "c")...)
		Expect(d.Deliver(ctx, team, box)).To(Equal(ctrl.Result{RequeueAfter: time.Millisecond}))
		Expect(box.sent).To(Equal([]string{"a", "b"}))
		result, err := d.Deliver(ctx, team, box)
		Expect(err).NotTo(HaveOccurred())
		Expect(result.RequeueAfter).To(BeNumerically("~", 500*time.Millisecond, time.Millisecond))
		Expect(box.calls).To(Equal([]string{"load", "record a b"}), "a message that has to wait costs no request")
		now = now.Add(result.RequeueAfter)
		Expect(d.Deliver(ctx, team, box)).To(BeZero())
		Expect(box.sent).To(Equal([]string{"a", "b", "c"}))
	})

	DescribeTable("sends nothing", func(ctx SpecContext, loads bool, loadErr error, expected OmegaMatcher) {
		box := outboxOf(messages("a")...)
		box.loads, box.loadErr = loads, loadErr
		result, err := full(0).Deliver(ctx, team, box)
		Expect(result).To(BeZero())
		Expect(err).To(expected)
		Expect(box.calls).To(Equal([]string{"load"}))
		Expect(box.sent).To(BeEmpty())
	},
		Entry("when the newest state says that nothing is to be sent", false, nil, Not(HaveOccurred())),
		Entry("when the object is gone", false, apierrors.NewNotFound(schema.GroupResource{}, "team"), Not(HaveOccurred())),
		Entry("when the newest state cannot be read", false, errors.New("no connection"), MatchError("no connection")),
	)

	DescribeTable("stops when results cannot be recorded", func(ctx SpecContext, recordErr error, expected OmegaMatcher) {
		d, box := NewDispatcher(1, live.Of(0), clock), outboxOf(messages("a", "b")...)
		box.recordErr = recordErr
		result, err := d.Deliver(ctx, team, box)
		Expect(result).To(BeZero())
		Expect(err).To(expected)
		Expect(box.sent).To(Equal([]string{"a"}))
		Expect(d.batchSize()).To(Equal(1), "a batch that is not recorded lets no bigger one follow")
	},
		Entry("because of an error, which it returns", errors.New("no connection"), MatchError("no connection")),
		Entry("because of a conflict, which leads to another pass", apierrors.NewConflict(v1alpha1.Resource("invitations"), "team", nil),
			Not(HaveOccurred())),
		Entry("because the object is gone", apierrors.NewNotFound(schema.GroupResource{}, "team"), Not(HaveOccurred())),
	)

	It("starts no further message once it is told to stop, and records those that it has sent", func(ctx SpecContext) {
		stopping, stop := context.WithCancel(ctx)
		box := outboxOf(messages("a", "b", "c")...)
		box.sending = func(string) { stop() }
		box.recording = func(recording context.Context) {
			Expect(recording.Err()).NotTo(HaveOccurred())
			_, bounded := recording.Deadline()
			Expect(bounded).To(BeTrue())
		}
		_, err := full(0).Deliver(stopping, team, box)
		Expect(err).NotTo(HaveOccurred())
		Expect(box.calls).To(Equal([]string{"load", "record a"}))
		Expect(box.sent).To(Equal([]string{"a"}))
	})

	It("records a batch that takes long before it sends the rest, and then lets other objects have their turn", func(ctx SpecContext) {
		box := outboxOf(messages("a", "b", "c")...)
		box.sending = func(string) { now = now.Add(3 * time.Second) }
		Expect(full(0).Deliver(ctx, team, box)).To(Equal(ctrl.Result{RequeueAfter: time.Millisecond}))
		Expect(box.calls).To(Equal([]string{"load", "record a", "record b"}))
	})

	It("passes over a message that is not queued, and records nothing when no message was sent", func(ctx SpecContext) {
		box := outboxOf(messages("gone", "a")...)
		box.missing = []string{"gone"}
		_, err := full(0).Deliver(ctx, team, box)
		Expect(err).NotTo(HaveOccurred())
		Expect(box.sent).To(Equal([]string{"a"}))
		Expect(box.calls).To(Equal([]string{"load", "record a"}))
	})

	It("sends one message in the first batch after the start, and doubles with each recorded batch up to a bound", func() {
		d := &Dispatcher{}
		var sizes []int
		for range 9 {
			sizes = append(sizes, d.batchSize())
			d.recorded.Add(1)
		}
		Expect(sizes).To(Equal([]int{1, 2, 4, 8, 16, 32, 64, maxBatch, maxBatch}))
	})
})
