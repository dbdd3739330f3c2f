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

var _ = Describe("The operator, killed at random fault points and restarted", func() {
	for round := range rounds() {
		It(fmt.Sprintf("continues where it was and loses neither mails nor people (round %d)", round+1), func(ctx context.Context) {
			random := rand.New(rand.NewPCG(uint64(GinkgoRandomSeed()), uint64(round)))
			usher.deleteSecrets(ctx)
			s := newStory(ctx)
			s.play(ctx)
			DeferCleanup(func() {
				if CurrentSpecReport().Failed() {
					AddReportEntry("missing mails", s.missing(Default))
				}
			})
			before := usher.killCounts()
			for _, k := range killPlan(random) {
				if !isOver(s.over) {
					By(k.String())
					usher.runUntilKilled(ctx, k, s.over)
				}
			}
			usher.runUntil(ctx, s.over)
			s.verify(ctx)
			kills := usher.killCounts().minus(before)
			s.report(kills)
			Expect(kills.total()).To(BeNumerically(">=", 12))
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

// killPlan draws kill points: the first ones while the operator starts without any Secret of its own, the next two in the
// middle of the first mails, the others at all fault points of the story in random order.
func killPlan(random *rand.Rand) []killPoint {
	draw := func(at faultPoint, most int) killPoint { return killPoint{at: at, nth: 1 + random.IntN(most)} }
	start := []killPoint{draw(beforeWrite, 3), draw(request, 30), draw(afterWrite, 3)}
	mails := []killPoint{draw(inDialogue, invited), draw(inDialogue, invited)}
	rest := []killPoint{draw(ready, 1), draw(inDialogue, 2), draw(inDialogue, 2)}
	for range 3 {
		rest = append(rest, draw(mailAccepted, 3), draw(inContent, 3), draw(formSent, 2), draw(request, 60),
			draw(beforeWrite, 5), draw(beforeWrite, 20), draw(afterWrite, 5), draw(afterWrite, 20))
	}
	random.Shuffle(len(rest), func(i, j int) { rest[i], rest[j] = rest[j], rest[i] })
	return slices.Concat(start, mails, rest)
}
