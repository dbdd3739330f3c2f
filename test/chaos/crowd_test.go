// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

const (
	// defaultCrowd is how many people are invited without USHER_CROWD_PEOPLE.
	defaultCrowd = 40
	// peoplePerDeath is how many people there are for each death of the operator.
	peoplePerDeath = 6
	// crowdPatience is how long a crowd may take, for each of its people.
	crowdPatience = 5 * time.Second
)

var _ = Describe("A crowd that is invited while the operator is killed again and again", func() {
	for round := range number("USHER_CROWD_ROUNDS", 1) {
		people := number("USHER_CROWD_PEOPLE", defaultCrowd)
		It(fmt.Sprintf("NOV-3 ORG-21 NOV-11 WXP-4 has nobody lost, and no mail under two names (%d people, round %d)", people, round+1),
			func(ctx context.Context) {
				began := time.Now()
				random := rand.New(rand.NewPCG(uint64(GinkgoRandomSeed()), uint64(round)))
				usher.forget(ctx)
				c := newCrowd(ctx, people)
				c.come(ctx)
				DeferCleanup(func() {
					if CurrentSpecReport().Failed() {
						AddReportEntry("mails that have not come", c.missing(c.mails(Default)))
					}
				})
				before := usher.tally()
				for _, d := range manyDeaths(random, people/peoplePerDeath) {
					if !isOver(c.over) {
						By(d.String())
						usher.live(ctx, d, c.over)
					}
				}
				usher.liveOn(ctx, c.over)
				c.verify(ctx)
				kills := usher.tally().less(before)
				c.report(kills, time.Since(began))
				Expect(kills.sum()).To(BeNumerically(">=", people/10))
				usher.kill()
				usher.releaseLease(ctx)
			}, SpecTimeout(crowdTimeout(people)))
	}
})

func crowdTimeout(people int) time.Duration {
	return 5*time.Minute + time.Duration(people)*crowdPatience
}

// number is what an environment variable says, else the default.
func number(variable string, otherwise int) int {
	if n, err := strconv.Atoi(os.Getenv(variable)); err == nil {
		return n
	}
	return otherwise
}

// manyDeaths draws a plan of deaths: the first while the operator starts without any Secret of its own, and then bag by
// bag, in any order, so that each moment has its share.
func manyDeaths(random *rand.Rand, count int) []death {
	draw := func(at moment, most int) death { return death{at: at, nth: 1 + random.IntN(most)} }
	plan := []death{draw(beforeWrite, 3)}
	for len(plan) < count {
		bag := []death{
			draw(inDialogue, 12), draw(inContent, 12), draw(mailKept, 12), draw(mailKept, 4), draw(formSent, 6),
			draw(formSent, 2), draw(beforeWrite, 40), draw(afterWrite, 40), draw(request, 30), draw(request, 150), draw(ready, 1),
		}
		random.Shuffle(len(bag), func(i, j int) { bag[i], bag[j] = bag[j], bag[i] })
		plan = slices.Concat(plan, bag)
	}
	return plan[:count]
}
