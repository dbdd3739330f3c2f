// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("The operator, killed at any moment and started again", func() {
	for round := range rounds() {
		It(fmt.Sprintf("goes on where it was, and loses nothing and nobody (round %d)", round+1), func(ctx context.Context) {
			random := rand.New(rand.NewPCG(uint64(GinkgoRandomSeed()), uint64(round)))
			usher.forget(ctx)
			s := newStory(ctx)
			s.play(ctx)
			DeferCleanup(func() {
				if CurrentSpecReport().Failed() {
					AddReportEntry("mails that have not come", s.missing(Default))
				}
			})
			before := usher.tally()
			for _, d := range deaths(random) {
				if !isOver(s.over) {
					By(d.String())
					usher.live(ctx, d, s.over)
				}
			}
			usher.liveOn(ctx, s.over)
			s.verify(ctx)
			kills := usher.tally().less(before)
			s.report(kills)
			Expect(kills.sum()).To(BeNumerically(">=", 12))
			Expect(kills[inDialogue]).To(BeNumerically(">=", 2))
			usher.kill()
			usher.releaseLease(ctx)
		}, SpecTimeout(storyTimeout))
	}
})

func isOver(over <-chan struct{}) bool {
	select {
	case <-over:
		return true
	default:
		return false
	}
}

// deaths draws a plan: the first lives end while the operator starts, without any Secret of its own; the next two in the
// midst of the first mails; the others at all the moments of the story, in any order.
func deaths(random *rand.Rand) []death {
	draw := func(at moment, most int) death { return death{at: at, nth: 1 + random.IntN(most)} }
	start := []death{draw(beforeWrite, 3), draw(request, 30), draw(afterWrite, 3)}
	mails := []death{draw(inDialogue, invited), draw(inDialogue, invited)}
	rest := []death{draw(ready, 1), draw(inDialogue, 2), draw(inDialogue, 2)}
	for range 3 {
		rest = append(rest, draw(mailKept, 3), draw(inContent, 3), draw(formSent, 2), draw(request, 60),
			draw(beforeWrite, 5), draw(beforeWrite, 20), draw(afterWrite, 5), draw(afterWrite, 20))
	}
	random.Shuffle(len(rest), func(i, j int) { rest[i], rest[j] = rest[j], rest[i] })
	return slices.Concat(start, mails, rest)
}
