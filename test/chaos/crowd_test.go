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
	// peoplePerKill is how many people there are per kill of the operator.
	peoplePerKill = 6
	// crowdPatience is how long a crowd may take per person.
	crowdPatience = 5 * time.Second
)

var _ = Describe("A crowd that is invited while the operator is killed repeatedly", func() {
	for round := range number("USHER_CROWD_ROUNDS", 1) {
		people := number("USHER_CROWD_PEOPLE", defaultCrowd)
		It(fmt.Sprintf("NOV-3 ORG-21 NOV-11 WXP-4 loses nobody and gets no mail under two Message-IDs (%d people, round %d)", people, round+1),
			func(ctx context.Context) {
				began := time.Now()
				random := rand.New(rand.NewPCG(uint64(GinkgoRandomSeed()), uint64(round)))
				usher.deleteSecrets(ctx)
				c := newCrowd(ctx, people)
				c.start(ctx)
				DeferCleanup(func() {
					if CurrentSpecReport().Failed() {
						AddReportEntry("missing mails", c.missing(c.mails(Default)))
					}
				})
				before := usher.killCounts()
				for _, k := range crowdKillPlan(random, people/peoplePerKill) {
					if !isOver(c.over) {
						By(k.String())
						usher.runUntilKilled(ctx, k, c.over)
					}
				}
				usher.runUntil(ctx, c.over)
				c.verify(ctx)
				kills := usher.killCounts().minus(before)
				c.report(kills, time.Since(began))
				Expect(kills.total()).To(BeNumerically(">=", people/10))
				usher.kill()
				usher.releaseLease(ctx)
			}, SpecTimeout(crowdTimeout(people)))
	}
})

func crowdTimeout(people int) time.Duration {
	return 5*time.Minute + time.Duration(people)*crowdPatience
}

// number returns the value of an environment variable, or the default.
func number(variable string, otherwise int) int {
	if n, err := strconv.Atoi(os.Getenv(variable)); err == nil {
		return n
	}
	return otherwise
}

// crowdKillPlan draws kill points: the first one while the operator starts without any Secret of its own, the others bag by
// bag in random order, so that every fault point gets its share.
func crowdKillPlan(random *rand.Rand, count int) []killPoint {
	draw := func(at faultPoint, most int) killPoint { return killPoint{at: at, nth: 1 + random.IntN(most)} }
	plan := []killPoint{draw(beforeWrite, 3)}
	for len(plan) < count {
		bag := []killPoint{
			draw(inDialogue, 12), draw(inContent, 12), draw(mailAccepted, 12), draw(mailAccepted, 4), draw(formSent, 6),
			draw(formSent, 2), draw(beforeWrite, 40), draw(afterWrite, 40), draw(request, 30), draw(request, 150), draw(ready, 1),
		}
		random.Shuffle(len(bag), func(i, j int) { bag[i], bag[j] = bag[j], bag[i] })
		plan = slices.Concat(plan, bag)
	}
	return plan[:count]
}
