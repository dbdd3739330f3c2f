// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/delivery/attempt"
	"github.com/usher-operator/usher/internal/emailaddr"
	"github.com/usher-operator/usher/internal/testing/builders"
)

// wave is people who are invited to one organization at the same time, by several Invitations. It watches every attempt to
// reach them.
type wave struct {
	org    string
	people []string

	mu    sync.Mutex
	mail  map[string]v1alpha1.MailStatus // as last seen
	early []string                       // attempts before NextAttemptTime
}

func newWave(ctx context.Context, size int) *wave {
	w := &wave{org: env.Namespace(ctx, "wave"), mail: map[string]v1alpha1.MailStatus{}}
	for n := range size {
		w.people = append(w.people, fmt.Sprintf("p%03d@%s.example", n, w.org))
	}
	return w
}

func (w *wave) declare(ctx context.Context) {
	GinkgoHelper()
	w.watch(ctx)
	ana := builders.OrgUser(w.org, "ana").Role(v1alpha1.RoleOrganizationAdmin).Existing().Obj()
	objects := []client.Object{builders.Organization(w.org).Obj(), ana, builders.Workspace(w.org, "support").Obj()}
	for some := range slices.Chunk(w.people, min(emailaddr.MaxRecipients, (len(w.people)+1)/2)) {
		name, _, _ := strings.Cut(some[0], "@")
		objects = append(objects, builders.Invitation(w.org, "from-"+name, strings.Join(some, " ")).
			Workspace("support", v1alpha1.WorkspaceView).InvitedBy(string(ana.Spec.Email)).Obj())
	}
	for _, o := range objects {
		Expect(env.Client.Create(ctx, o)).To(Succeed())
	}
}

// watch records every attempt, which must not happen before its time.
func (w *wave) watch(ctx context.Context) {
	GinkgoHelper()
	c, err := client.NewWithWatch(env.Config, client.Options{Scheme: env.Scheme, Mapper: env.Client.RESTMapper()})
	Expect(err).NotTo(HaveOccurred())
	watcher, err := c.Watch(context.WithoutCancel(ctx), &v1alpha1.InvitationList{}, client.InNamespace(w.org))
	Expect(err).NotTo(HaveOccurred())
	var done sync.WaitGroup
	done.Go(func() {
		for event := range watcher.ResultChan() {
			w.record(event)
		}
	})
	DeferCleanup(func() {
		watcher.Stop()
		done.Wait()
	})
}

func (w *wave) record(event watch.Event) {
	i, ok := event.Object.(*v1alpha1.Invitation)
	if !ok {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, r := range i.Status.Recipients {
		if r.Mail == nil {
			continue
		}
		last := w.mail[string(r.Email)]
		if r.Mail.Attempts > last.Attempts && last.NextAttemptTime != nil && time.Now().Before(last.NextAttemptTime.Time) {
			w.early = append(w.early, fmt.Sprintf("%s: attempt %d before %s", r.Email, r.Mail.Attempts, last.NextAttemptTime))
		}
		w.mail[string(r.Email)] = *r.Mail
	}
}

// attempts returns the number of attempts for each mail so far.
func (w *wave) attempts(ctx context.Context) []int {
	var list v1alpha1.InvitationList
	Expect(env.Client.List(ctx, &list, client.InNamespace(w.org))).To(Succeed())
	attempts := make([]int, 0, len(w.people))
	for _, i := range list.Items {
		for _, r := range i.Status.Recipients {
			n := 0
			if r.Mail != nil {
				n = int(r.Mail.Attempts)
			}
			attempts = append(attempts, n)
		}
	}
	for len(attempts) < len(w.people) {
		attempts = append(attempts, 0) // not in a status yet
	}
	return attempts
}

// deferred returns the addresses whose mail failed and will be tried again.
func (w *wave) deferred() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var emails []string
	for email, mail := range w.mail {
		if mail.NextAttemptTime != nil && mail.LastError != "" {
			emails = append(emails, email)
		}
	}
	return emails
}

func (w *wave) totalAttempts(ctx context.Context) int {
	sum := 0
	for _, n := range w.attempts(ctx) {
		sum += n
	}
	return sum
}

// mails returns the recipient of each mail.
func (w *wave) mails() []string {
	all, err := box.Messages()
	Expect(err).NotTo(HaveOccurred())
	var to []string
	for _, m := range all {
		if slices.ContainsFunc(w.people, m.SentTo) {
			to = append(to, m.EnvelopeTo...)
		}
	}
	return to
}

// verify waits until everybody has the mail, and checks that each person got it once, that no attempt was early, and that
// there were no more attempts than the back-off allows since the beginning.
func (w *wave) verify(ctx context.Context, began time.Time) {
	GinkgoHelper()
	Eventually(ctx, func(g Gomega) {
		var list v1alpha1.InvitationList
		g.Expect(env.Client.List(ctx, &list, client.InNamespace(w.org))).To(Succeed())
		expectReady(g, list.Items)
		for _, i := range list.Items {
			g.Expect(i.Status.Recipients).To(HaveEach(And(HaveField("State", v1alpha1.RecipientInvited),
				HaveField("Mail", And(HaveField("State", v1alpha1.MailSent), HaveField("LastError", ""))))))
		}
	}).WithTimeout(outageTimeout).Should(Succeed())
	Expect(w.mails()).To(ConsistOf(w.people))
	Expect(slices.Max(w.attempts(ctx))).To(BeNumerically("<=", allowed(time.Since(began))))
	w.mu.Lock()
	defer w.mu.Unlock()
	Expect(w.early).To(BeEmpty())
}

// allowed returns how many attempts the back-off allows in a period. The time of the next attempt is in whole seconds, so that it may be
// almost a second less.
func allowed(elapsed time.Duration) int {
	attempts := 1
	for pause := backoff(attempts); elapsed >= pause; pause = backoff(attempts) {
		elapsed -= pause
		attempts++
	}
	return attempts
}

// backoff is the least time between an attempt and the next one.
func backoff(attempts int) time.Duration { return attempt.Backoff(int32(attempts)) - time.Second }

// spread returns the minimum, the median and the maximum.
func spread(numbers []int) (least, median, most int) {
	slices.Sort(numbers)
	return numbers[0], numbers[len(numbers)/2], numbers[len(numbers)-1]
}
