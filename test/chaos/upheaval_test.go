// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/internal/testing/etcdwatch"
	"github.com/usher-operator/usher/internal/testing/history"
)

const (
	// settleTimeout is how long an installation may take until everything is in force after the last fault: a mail that failed repeatedly
	// is tried again after minutes.
	settleTimeout = 15 * time.Minute
	// shortBlow and longBlow are how long a fault lasts, in a short and in a long run. A long one outlasts the leader's lease.
	shortBlow, longBlow = 400 * time.Millisecond, 20 * time.Second
	// lanes is how many faults last at the same time.
	lanes = 3
	// linearizable is how long it may take to judge one ledger.
	linearizable = 2 * time.Minute
)

var _ = Describe("An upheaval", func() {
	lasts := duration("USHER_CHAOS", 0)

	It("ORG-4 GTA-11 ORG-28 ORG-26 ORG-21 ORG-20 NOV-12 breaks no invariant at any revision, whatever fails at once",
		func(ctx context.Context) {
			u := begin(ctx, uint64(number("USHER_CHAOS_SEED", int(GinkgoRandomSeed()))), lasts)
			u.play(ctx)
			// What happened is judged and reported even if something is not as it has to be in the end.
			u.judge(failureOf(func(g Gomega) { u.settle(ctx, g) }))
		}, SpecTimeout(lasts+2*settleTimeout))
})

// upheaval is a run: people who work, faults, and the history of it.
type upheaval struct {
	seed         uint64
	lasts        time.Duration
	began        time.Time
	installation *installation
	companies    []*company
	rivals       []*rival
	guests       *guests
	struck       struck

	watch     *etcdwatch.Watch
	mu        sync.Mutex
	judged    *history.Judge
	ledger    *history.Ledger
	recording *history.Recording
	auditFrom int64
	mailsFrom int
}

// artifacts returns the folder for the report; "": there is none.
func artifacts() string { return os.Getenv("USHER_CHAOS_ARTIFACTS") }

func begin(ctx context.Context, seed uint64, lasts time.Duration) *upheaval {
	GinkgoHelper()
	_, _ = fmt.Fprintf(GinkgoWriter, "seed %d\n", seed)
	u := &upheaval{
		seed: seed, lasts: lasts, began: time.Now(), judged: history.NewJudge(), ledger: history.NewLedger(), mailsFrom: box.Count(),
		struck: struck{counts: map[string]int{}},
	}
	if directory := artifacts(); directory != "" {
		var err error
		u.recording, err = history.Record(filepath.Join(directory, "history.jsonl.gz"))
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(u.recording.Close)
	}
	if log, err := os.Stat(env.AuditLogPath()); err == nil {
		u.auditFrom = log.Size()
	}
	var err error
	u.watch, err = etcdwatch.Start(ctx, env.EtcdURL(), u.add)
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(u.watch.Close)
	u.installation = install(ctx)
	return u
}

// ours begins the names of the namespaces of companies, of their branches and of their workspaces.
const ours = "upheaval"

// add takes the next revision, unless it is about what another spec has left, of which the beginning is not known.
func (u *upheaval) add(r history.Revision) error {
	if !strings.Contains(r.Key, "/"+ours+"-") {
		return nil
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.recording != nil {
		if err := u.recording.Add(r); err != nil {
			return err
		}
	}
	if err := u.ledger.AddStored(r); err != nil {
		return err
	}
	return u.judged.Add(r)
}

// play has people work while everything fails: each fault by itself, and then, in a long run, several at once.
func (u *upheaval) play(ctx context.Context) {
	GinkgoHelper()
	count, longest := 2, shortBlow
	if u.lasts > 0 {
		count, longest = 3, longBlow
	}
	var domains []string
	for n := range count {
		c := newCompany(ctx, u.seed, n)
		u.companies = append(u.companies, c)
		u.rivals = append(u.rivals, &rival{company: c, random: rand.New(rand.NewPCG(u.seed, uint64(100+n)))})
		domains = append(domains, c.name+".example")
	}
	u.guests = &guests{portal: "http://" + u.installation.portal.address, confirmed: map[string]bool{}, heard: map[string][]string{}, answers: map[string]int{}}
	until, stop := context.WithCancel(ctx)
	receiving, stopReceiving := context.WithCancel(ctx)
	DeferCleanup(stopReceiving)
	var work sync.WaitGroup
	go u.guests.receive(ctx, receiving, domains)
	for n, c := range u.companies {
		c.found(ctx)
		work.Go(func() { c.work(ctx, until) })
		work.Go(func() { u.rivals[n].work(until) })
	}
	random := rand.New(rand.NewPCG(u.seed, 1000))
	for _, b := range plan(random, len(faults), min(longest, 4*time.Second)) {
		u.strike(ctx, b)
		u.awaitWork(ctx)
	}
	if u.lasts > 0 {
		u.strikeAll(ctx, random, longest)
	}
	stop()
	work.Wait()
}

// awaitWork waits until somebody has changed something more, so that each fault hits people at work, however slow the machine is.
func (u *upheaval) awaitWork(ctx context.Context) {
	GinkgoHelper()
	accepted := func() int {
		sum := 0
		for _, c := range u.companies {
			sum += c.accepted()
		}
		return sum
	}
	before := accepted()
	Eventually(ctx, accepted).WithTimeout(settleTimeout).Should(BeNumerically(">", before))
}

// strikeAll has several faults last at once.
func (u *upheaval) strikeAll(ctx context.Context, random *rand.Rand, longest time.Duration) {
	GinkgoHelper()
	ctx, cancel := context.WithTimeout(ctx, u.lasts)
	defer cancel()
	var all sync.WaitGroup
	for range lanes {
		blows := plan(random, 10000, longest)
		all.Go(func() {
			defer GinkgoRecover()
			for _, b := range blows {
				u.strike(ctx, b)
			}
		})
	}
	all.Wait()
}

// failure is what failureOf recovers from.
type failure struct{ error }

// failureOf returns how an expectation of a function failed, or nil. The guests still read mails and expect things of their own, so that
// what Gomega does when an expectation fails cannot be replaced for all.
func failureOf(do func(Gomega)) (err error) {
	defer func() {
		switch r := recover().(type) {
		case nil:
		case failure:
			err = r.error
		default:
			panic(r)
		}
	}()
	do(NewGomega(func(message string, _ ...int) { panic(failure{errors.New(message)}) }))
	return nil
}

// settle waits until everything is as the people who worked expect it.
func (u *upheaval) settle(ctx context.Context, g Gomega) {
	_, _ = fmt.Fprintf(GinkgoWriter, "%s the faults are over\n", time.Now().Format(time.TimeOnly))
	u.installation.awaitReady(ctx, g)
	for _, c := range u.companies {
		g.Eventually(ctx, func(g Gomega) { c.verify(ctx, g, u.guests) }).WithTimeout(settleTimeout).WithPolling(time.Second).Should(Succeed())
	}
	g.Eventually(ctx, func(g Gomega) {
		seen, err := u.watch.Seen()
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(seen).To(BeNumerically(">=", u.newestOfCompanies(ctx, g)))
	}).WithTimeout(eventually).Should(Succeed())
}

// judge judges what happened, and reports it, together with what is wrong in the end.
func (u *upheaval) judge(settled error) {
	GinkgoHelper()
	mails := u.mails()
	u.readAudit()
	u.mu.Lock()
	defer u.mu.Unlock()
	found := u.judged.End(history.Facts{Mails: mails, Interruptions: u.interruptions()})
	ledgers := u.ledger.Check(linearizable)
	text := u.report(mails, found, ledgers)
	if settled != nil {
		text += fmt.Sprintf("\nin the end: %v\n", settled)
	}
	AddReportEntry("upheaval", text)
	if directory := artifacts(); directory != "" {
		Expect(os.WriteFile(filepath.Join(directory, "report.txt"), []byte(text), 0o600)).To(Succeed())
	}
	Expect(settled).NotTo(HaveOccurred(), "after the faults")
	Expect(found).To(BeEmpty(), "violations")
	Expect(ledgers.Illegal).To(BeEmpty(), "ledgers that are not linearizable")
	Expect(ledgers.Unknown).To(BeEmpty(), "ledgers that took too long to judge")
}

// interruptions returns how often something may have kept a mail's record from being written.
func (u *upheaval) interruptions() int {
	u.struck.mu.Lock()
	defer u.struck.mu.Unlock()
	n := 0
	for _, times := range u.struck.counts {
		n += times
	}
	return n
}

// mails returns the mails to the companies' people.
func (u *upheaval) mails() []history.Mail {
	GinkgoHelper()
	all, err := box.Messages()
	Expect(err).NotTo(HaveOccurred())
	var mails []history.Mail
	for _, m := range all {
		for _, c := range u.companies {
			theirs := func(to string) bool { return strings.HasSuffix(to, "@"+c.name+".example") }
			if m.Number > u.mailsFrom && slices.ContainsFunc(m.EnvelopeTo, theirs) {
				mails = append(mails, history.Mail{MessageID: m.MessageID, To: m.EnvelopeTo, Links: m.Links()})
			}
		}
	}
	return mails
}

// readAudit reads the requests about the ledgers.
func (u *upheaval) readAudit() {
	GinkgoHelper()
	log, err := os.Open(env.AuditLogPath())
	Expect(err).NotTo(HaveOccurred())
	defer log.Close() //nolint:errcheck // it is only read
	_, err = log.Seek(u.auditFrom, io.SeekStart)
	Expect(err).NotTo(HaveOccurred())
	lines := bufio.NewReaderSize(log, 1<<20)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return // the end
		}
		if slices.ContainsFunc(u.companies, func(c *company) bool { return strings.Contains(string(line), "/"+c.name+"/") }) {
			Expect(u.ledger.AddAudit(line)).To(Succeed())
		}
	}
}

// report tells of the run.
func (u *upheaval) report(mails []history.Mail, found []history.Violation, ledgers history.LedgerResult) string {
	var text strings.Builder
	ids := map[string]bool{}
	for _, m := range mails {
		ids[m.MessageID] = true
	}
	fmt.Fprintf(&text, "seed %d, %s, all at once for %s\n", u.seed, time.Since(u.began).Round(time.Second), u.lasts)
	fmt.Fprintf(&text, "%d revisions judged by %d rules, %d violations\n", u.judged.Revisions, len(history.Rules()), len(found))
	fmt.Fprintf(&text, "%d operations on %d ledgers judged for linearizability, %d not linearizable, %d undecided\n", ledgers.Operations,
		ledgers.Ledgers, len(ledgers.Illegal), len(ledgers.Unknown))
	fmt.Fprintf(&text, "%d mails, %d of them again with the same Message-ID; %d kills; %d grants that came late and were revoked\n",
		len(mails), len(mails)-len(ids), u.installation.kills(), u.judged.Late())
	fmt.Fprintf(&text, "\nfaults:\n%s", &u.struck)
	for n, c := range u.companies {
		fmt.Fprintf(&text, "\n%s: %d people, %d invitations, %d writes of a rival; answers:\n%s", c.name, len(c.declared), len(c.invitations),
			u.rivals[n].writes, counts(c.answers))
	}
	u.guests.mu.Lock()
	fmt.Fprintf(&text, "\nanswers of the portal:\n%s", counts(u.guests.answers))
	u.guests.mu.Unlock()
	for _, end := range u.installation.ended() {
		fmt.Fprintf(&text, "\na replica ended by itself: %s\n", end)
	}
	for _, rule := range slices.Sorted(maps.Keys(u.judged.Counts)) {
		fmt.Fprintf(&text, "\n%d times broken: %s\n", u.judged.Counts[rule], rule)
	}
	for _, v := range found {
		fmt.Fprintf(&text, "\n%s\n", v)
	}
	return text.String()
}

func counts(of map[string]int) string {
	var text strings.Builder
	for _, name := range slices.Sorted(maps.Keys(of)) {
		fmt.Fprintf(&text, "%7d %s\n", of[name], name)
	}
	return text.String()
}
