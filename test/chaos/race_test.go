// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"context"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
)

// raceTimeout limits all rounds of a race.
const raceTimeout = time.Hour

// cleaner is a user whom the webhooks let through, as if they were switched off.
const cleaner = "system:kube-controller-manager"

// setting is how the replicas run during a race.
type setting struct {
	title    string
	election bool
	connect  network
	webhooks bool
	// rounds is how many rounds each race has without USHER_RACE_ROUNDS.
	rounds int
}

// settings are those of the races.
var settings = []setting{
	{title: "of which one leads", election: true, connect: direct, webhooks: true, rounds: 8},
	{title: "of which one leads, on a slow network", election: true, connect: slow, webhooks: true, rounds: 4},
	{title: "that both lead", connect: direct, webhooks: true, rounds: 8},
	{title: "that both lead, on a slow network", connect: slow, webhooks: true, rounds: 4},
	{title: "that both lead, with the webhooks switched off", connect: direct, rounds: 8},
	{title: "that both lead, with the webhooks switched off, on a slow network", connect: slow, rounds: 4},
}

var _ = Describe("Two replicas", func() {
	for _, s := range settings {
		Context(s.title, Ordered, ContinueOnFailure, func() {
			BeforeAll(func(ctx context.Context) {
				if !s.webhooks {
					switchWebhooksOff(ctx)
				}
				startReplicas(ctx, s)
			})

			rounds := raceRounds(s.rounds)
			for _, count := range []int{2, 3} {
				It(fmt.Sprintf("ORG-4 never leave an organization without an administrator when %d are removed at once", count),
					func(ctx context.Context) { raceAdministrators(ctx, count, rounds) }, SpecTimeout(raceTimeout))
			}
			It("GTA-11 never let more users have a module than it has seats",
				func(ctx context.Context) { raceSeats(ctx, rounds) }, SpecTimeout(raceTimeout))
			It("ORG-28 never have two active users with the same address",
				func(ctx context.Context) { raceAddresses(ctx, rounds) }, SpecTimeout(raceTimeout))
			It("ORG-4 ORG-28 never lose the only administrator, nor have two who stay, when the object is renamed",
				func(ctx context.Context) { raceRenames(ctx, rounds) }, SpecTimeout(raceTimeout))
		})
	}
})

// raceRounds returns how many rounds each race has: USHER_RACE_ROUNDS, or the default of its setting.
func raceRounds(few int) int {
	if n, err := strconv.Atoi(os.Getenv("USHER_RACE_ROUNDS")); err == nil {
		return n
	}
	return few
}

// act is a request that is sent simultaneously with others.
type act func(context.Context) error

// atOnce runs all acts simultaneously and returns their errors.
func atOnce(ctx context.Context, acts []act) []error {
	start, errs := make(chan struct{}), make([]error, len(acts))
	var all sync.WaitGroup
	for i, do := range acts {
		all.Go(func() {
			<-start
			errs[i] = do(ctx)
		})
	}
	close(start)
	all.Wait()
	return errs
}

// change is a change of a user.
type change string

const (
	deletes      change = "deletes"
	demotes      change = `{"spec":{"role":"Member"}}`
	promotes     change = `{"spec":{"role":"OrganizationAdmin","suspend":false}}`
	suspends     change = `{"spec":{"suspend":true}}`
	resumes      change = `{"spec":{"suspend":false}}`
	requestsSeat change = `{"spec":{"modules":["support"]}}`
	returnsSeat  change = `{"spec":{"modules":null}}`
)

// to returns the act of making the change to a user with a client.
func (c change) to(as client.Client, namespace, name string) act {
	u := &v1alpha1.OrgUser{}
	u.Namespace, u.Name = namespace, name
	return func(ctx context.Context) error {
		if c == deletes {
			return as.Delete(ctx, u)
		}
		return as.Patch(ctx, u, client.RawPatch(types.MergePatchType, []byte(c)))
	}
}

// answers counts requests by their answers.
type answers map[string]int

// note counts an answer and returns true if the request was accepted. The only refusals it allows are those by rules.
func (a answers) note(err error) bool {
	GinkgoHelper()
	kind := "accepted"
	switch {
	case err == nil:
	case strings.Contains(err.Error(), "is its last administrator in force"):
		kind = "refused by a webhook: last administrator"
	case strings.Contains(err.Error(), "admission webhook"):
		Expect(apierrors.IsForbidden(err)).To(BeTrue(), "%v", err)
		kind = "refused by a webhook: the requesting user has lost the role"
	case apierrors.IsForbidden(err):
		kind = "refused by RBAC: the requesting user has lost the role"
	default:
		Expect(err).NotTo(HaveOccurred())
	}
	a[kind]++
	return err == nil
}

// String returns all answers in one line.
func (a answers) String() string {
	var texts []string
	for _, kind := range slices.Sorted(maps.Keys(a)) {
		texts = append(texts, fmt.Sprintf("%d %s", a[kind], kind))
	}
	return strings.Join(texts, ", ")
}

// report reports the result of a race.
func report(rounds int, all answers, revisions []revision, held int, broken map[string][]string) {
	text := fmt.Sprintf("%d rounds; requests: %s; held back by the reconciler: %d times; %d revisions", rounds, all, held,
		len(revisions))
	for _, rule := range slices.Sorted(maps.Keys(broken)) {
		text += fmt.Sprintf("; %d violations of %q", len(broken[rule]), rule)
	}
	AddReportEntry("race", text)
}

// judge fails if any rule was broken at any revision, and says at which.
func judge(rounds int, all answers, revisions []revision, held int, rules map[string]func(snapshot) string) {
	GinkgoHelper()
	broken := map[string][]string{}
	var first []string
	for name, rule := range rules {
		broken[name] = violations(revisions, rule)
		first = append(first, broken[name][:min(3, len(broken[name]))]...)
	}
	report(rounds, all, revisions, held, broken)
	Expect(first).To(BeEmpty())
}
