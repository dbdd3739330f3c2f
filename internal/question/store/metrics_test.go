// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"errors"
	"os"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/usher-operator/usher/internal/delivery/attempt"
	"github.com/usher-operator/usher/internal/question"
	"github.com/usher-operator/usher/internal/testing/meters"
)

var _ = Describe("The metrics of questions", func() {
	const asked, confirmed, passed, refused = outcomeAsked, outcomeConfirmed, outcomePassedOn, outcomeQueueRefused
	all := []string{
		asked, confirmed, passed, refused, outcomeUnconfirmed, outcomeDropped, "limited_address", "limited_day", "limited_network",
		"limited_workspace",
	}
	// counting returns a function that returns by how much each outcome has risen.
	counting := func() func() map[string]float64 {
		began := map[string]func() (float64, error){}
		for _, outcome := range all {
			began[outcome] = meters.Rises("usher_questions_total", outcome)
		}
		return func() map[string]float64 {
			GinkgoHelper()
			risen := map[string]float64{}
			for outcome, since := range began {
				n, err := since()
				Expect(err).NotTo(HaveOccurred())
				if n != 0 {
					risen[outcome] = n
				}
			}
			return risen
		}
	}
	gauge := func(name string, state question.State) float64 {
		GinkgoHelper()
		value, err := meters.Value(name, string(state))
		Expect(err).NotTo(HaveOccurred())
		return value
	}
	named := func(form string, q *question.Question) string { return question.Name(form, q) }

	It("GTA-8 count each step of a question once", func(ctx context.Context) {
		s, risen := newStore(nil, interceptor.Funcs{}), counting()
		q := by("clara@customers.example", "support", "help")
		Expect(s.Keep(ctx, "form", q)).To(Succeed())
		Expect(s.Keep(ctx, "form", by("clara@customers.example", "support", "help"))).To(Succeed(), "the same form again")
		Expect(risen()).To(Equal(map[string]float64{asked: 1}))

		amend := func(change func(*question.Question)) {
			GinkgoHelper()
			_, err := s.Amend(ctx, named("form", q), func(q *question.Question) error {
				change(q)
				return nil
			})
			Expect(err).NotTo(HaveOccurred())
		}
		for range 2 {
			amend(func(q *question.Question) { q.Confirm(noon) })
		}
		refusal := attempt.Result{Error: "550 no such user", Permanent: true}
		for range 2 {
			amend(func(q *question.Question) { q.Note(question.KindQuestion, refusal, noon) })
		}
		amend(func(q *question.Question) { q.Readdress("other@acme.example") })
		amend(func(q *question.Question) { q.Note(question.KindQuestion, attempt.Result{}, noon) })
		Expect(risen()).To(Equal(map[string]float64{asked: 1, confirmed: 1, refused: 1, passed: 1}))
		kept, err := s.Get(ctx, named("form", q))
		Expect(err).NotTo(HaveOccurred())
		Expect(s.Remove(ctx, kept)).To(Succeed())
		Expect(risen()).To(HaveLen(4), "deleting a record loses no question")
	})

	It("count what is rejected and what is lost", func(ctx context.Context) {
		s, risen := newStore(nil, interceptor.Funcs{}), counting()
		for n := range question.OpenPerAddress + 1 {
			err := s.Keep(ctx, string(rune('a'+n)), by("sam@customers.example", "support", "help"))
			Expect(err != nil).To(Equal(n == question.OpenPerAddress))
		}
		CountLimited(question.LimitNetwork)
		q := by("sam@customers.example", "support", "help")
		_, err := s.Amend(ctx, named("b", q), func(q *question.Question) error {
			q.Confirm(noon)
			return nil
		})
		Expect(err).NotTo(HaveOccurred())
		for _, form := range []string{"a", "b"} {
			kept, err := s.Get(ctx, named(form, q))
			Expect(err).NotTo(HaveOccurred())
			Expect(s.Remove(ctx, kept)).To(Succeed())
			Expect(s.Remove(ctx, kept)).To(Succeed(), "it is gone already")
		}
		Expect(risen()).To(Equal(map[string]float64{
			asked: question.OpenPerAddress, "limited_address": 1, "limited_network": 1, confirmed: 1, outcomeUnconfirmed: 1, outcomeDropped: 1,
		}))
	})

	It("show how many questions wait, and how long the oldest has been waiting", func(ctx context.Context) {
		s := newStore(nil, interceptor.Funcs{})
		s.Measure()
		now := noon
		s.Now = func() time.Time { return now }
		for _, text := range []string{"one", "two"} {
			Expect(s.Keep(ctx, "form", by("kim@customers.example", "support", text))).To(Succeed())
			now = now.Add(time.Hour)
		}
		Expect(gauge("usher_questions", question.Waiting)).To(BeEquivalentTo(2))
		Expect(gauge("usher_question_oldest_age_seconds", question.Waiting)).To(BeEquivalentTo(2 * 3600))
		Expect(gauge("usher_question_oldest_age_seconds", question.Received)).To(BeZero())

		_, err := s.Amend(ctx, named("form", by("kim@customers.example", "support", "one")), func(q *question.Question) error {
			q.Confirm(now)
			return nil
		})
		Expect(err).NotTo(HaveOccurred())
		now = now.Add(time.Minute)
		Expect(gauge("usher_questions", question.Waiting)).To(BeEquivalentTo(1))
		Expect(gauge("usher_questions", question.Received)).To(BeEquivalentTo(1))
		Expect(gauge("usher_question_oldest_age_seconds", question.Waiting)).To(BeEquivalentTo(3660))
		Expect(gauge("usher_question_oldest_age_seconds", question.Received)).To(BeEquivalentTo(60))
	})

	It("are in the documentation", func() {
		page, err := os.ReadFile("../../../docs/operations.md")
		Expect(err).NotTo(HaveOccurred())
		for _, text := range append(all, "usher_questions_total{outcome}", "usher_questions{state}", "usher_question_oldest_age_seconds{state}") {
			Expect(string(page)).To(ContainSubstring("`" + text + "`"))
		}
	})

	It("are absent while the cache cannot be read", func() {
		newStore(nil, interceptor.Funcs{List: func(context.Context, client.WithWatch, client.ObjectList, ...client.ListOption) error {
			return errors.New("the cache is not there yet")
		}}).Measure()
		_, err := meters.Value("usher_questions", string(question.Waiting))
		Expect(err).To(MatchError(ContainSubstring("there is no metric")))
	})
})
