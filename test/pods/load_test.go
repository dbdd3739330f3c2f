// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package pods

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/internal/testing/load"
)

// The load. USHER_PODS_WRITES and USHER_PODS_PAGES are how many begin in a second, USHER_PODS_ROUNDS is how often what goes quickly is
// repeated. docs/availability.md has the table of a long run: 50, 10 and 10.
var (
	writesPerSecond = number("USHER_PODS_WRITES", 20)
	pagesPerSecond  = number("USHER_PODS_PAGES", 10)
	rounds          = number("USHER_PODS_ROUNDS", 1)
)

// around is for how many seconds' worth of requests the load is on before an action and after it.
const around = 2

// measured is the table of the suite, written to .dev/artifacts/availability.md.
var measured load.Table

var _ = ReportAfterSuite("the table of loads", func(SpecContext, Report) {
	table := measured.String()
	if strings.Count(table, "\n") <= 2 || env == nil {
		return
	}
	AddReportEntry("availability", table)
	GinkgoWriter.Println(table)
	dir := filepath.Join(env.root, ".dev", "artifacts")
	if err := os.MkdirAll(dir, 0o700); err == nil {
		_ = os.WriteFile(filepath.Join(dir, "availability.md"), []byte(table), 0o600)
	}
})

// crew is the organization under load, once a spec has needed it.
var crew *load.Organization

// prepareCrew creates the organization under load, or waits until all of it is in force.
func prepareCrew(ctx context.Context) {
	GinkgoHelper()
	if crew == nil {
		var err error
		crew, err = load.Prepare(ctx, load.Options{
			Config: env.config(), Organization: "load", MailDir: filepath.Join(env.dir, "mail"), PortalURL: env.portalURL,
			Writes: float64(writesPerSecond), Pages: float64(pagesPerSecond),
		})
		Expect(err).NotTo(HaveOccurred())
	}
	Expect(crew.Settle(ctx)).To(Succeed())
}

// underLoad returns what happens to writes and page views during an action. The action returns what else is worth noting. After it, all
// that was written must come into force, once what mends the installation has been done.
func underLoad(ctx context.Context, action string, do func(*load.Run) (note string), mend ...func()) load.Result {
	GinkgoHelper()
	settle(ctx)
	prepareCrew(ctx)
	run := crew.Start(ctx)
	running := true
	defer func() {
		if running { // the action has failed
			run.Stop()
		}
	}()
	keepOn(run)
	note := do(run)
	keepOn(run)
	running = false
	result := run.Stop()
	measured.Add(action, result, note)
	AddReportEntry(action, result.Refused().String())
	for _, f := range mend {
		f()
	}
	settle(ctx)
	Expect(crew.Settle(ctx)).To(Succeed())
	return result
}

// keepOn returns when the load has been answered for a while.
func keepOn(run *load.Run) {
	GinkgoHelper()
	enough := run.Answered() + around*(writesPerSecond+pagesPerSecond)
	Eventually(run.Answered).Should(BeNumerically(">=", enough))
}

// expectNoneRefused fails if anything was refused, or if the API server itself did not answer.
func expectNoneRefused(result load.Result) {
	GinkgoHelper()
	Expect(result.Refused().Requests).To(BeEmpty(), "%s", explained(result, result.Refused()))
	expectReached(result)
}

// expectReached fails if the API server itself did not answer.
func expectReached(result load.Result) {
	GinkgoHelper()
	Expect(result.Unreached().Requests).To(BeEmpty(), "%s", explained(result, result.Unreached()))
}

// explained lists what was refused. If the API server was hardly quicker without Usher than a webhook may be, that is why: a machine so busy
// refuses on its own.
func explained(result, refused load.Result) string {
	slowest := result.Of(load.Reference).LongestWait()
	if slowest < busy {
		return refused.String()
	}
	return fmt.Sprintf("a write that has nothing to do with Usher took up to %s: this machine is too busy to tell; try USHER_PODS_WRITES=5, or "+
		"a machine that has less to do\n%s", inSeconds(slowest), refused)
}

// busy is how long a write takes when nothing can be said about Usher: webhooks have five seconds, leases ten.
const busy = 2 * time.Second

func number(variable string, otherwise int) int {
	if n, err := strconv.Atoi(os.Getenv(variable)); err == nil {
		return n
	}
	return otherwise
}

func inSeconds(d time.Duration) string { return strconv.FormatFloat(d.Seconds(), 'f', 1, 64) + " s" }
