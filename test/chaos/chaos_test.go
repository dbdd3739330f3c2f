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
			before := usher.tally()
			for _, d := range deaths(random) {
				By(d.String())
				usher.live(ctx, d, s.over)
			}
			usher.start(ctx)
			Eventually(ctx, s.over).WithTimeout(storyTimeout).Should(BeClosed())
			s.verify(ctx)
			s.report(usher.tally().less(before))
			usher.kill()
			usher.died()
			usher.releaseLease(ctx)
		}, SpecTimeout(storyTimeout))
	}
})

// deaths draws a plan: the first lives end while the operator starts, without any Secret of its own; the others at all
// the moments of the story in any order, one of them early in the midst of the first batch of mails.
func deaths(random *rand.Rand) []death {
	draw := func(at moment, most int) death { return death{at: at, nth: 1 + random.IntN(most)} }
	start := []death{draw(beforeWrite, 3), draw(request, 30), draw(afterWrite, 3)}
	rest := []death{
		draw(inDialogue, invited), draw(mailKept, invited), draw(mailKept, 4), draw(ready, 1), draw(request, 60),
		draw(formSent, 2), draw(formSent, 2),
		draw(beforeWrite, 20), draw(beforeWrite, 20), draw(beforeWrite, 10),
		draw(afterWrite, 20), draw(afterWrite, 20), draw(afterWrite, 10),
	}
	random.Shuffle(len(rest), func(i, j int) { rest[i], rest[j] = rest[j], rest[i] })
	return slices.Concat(start, []death{draw(inDialogue, invited)}, rest)
}
