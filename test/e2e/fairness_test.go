// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/mail"
	"github.com/usher-operator/usher/internal/testing/builders"
	"github.com/usher-operator/usher/internal/testing/mailbox"
)

// turnstile lets one mail in at a time, when it is told to, and notes the order.
type turnstile struct {
	mailbox.None

	admit chan struct{}

	mu                sync.Mutex
	waiting, admitted []string
}

func (t *turnstile) Text(to []string) mailbox.Fate {
	t.mu.Lock()
	t.waiting = append(t.waiting, to[0])
	t.mu.Unlock()
	<-t.admit
	t.mu.Lock()
	defer t.mu.Unlock()
	t.admitted = append(t.admitted, to[0])
	return mailbox.Fate{}
}

func (t *turnstile) counts() (waiting, admitted int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.waiting) - len(t.admitted), len(t.admitted)
}

var _ = Describe("A person who waits in front of a page", func() {
	It("OPS-9 gets the second mail before the bulk of another organization that is being sent", func(ctx context.Context) {
		org, bulk := organization(ctx, english), organization(ctx, english)
		email := "nora@" + org + ".example"
		invite(ctx, builders.Invitation(org, "team", email).Obj())
		_, link := mailTo(ctx, email, "/i/")

		t := &turnstile{admit: make(chan struct{})}
		box.SetTrouble(t)
		open := sync.OnceFunc(func() { close(t.admit) })
		DeferCleanup(func() {
			box.SetTrouble(mailbox.None{})
			open()
		})
		for n := range 6 { // more than there are workers
			var people []string
			for p := range 20 {
				people = append(people, fmt.Sprintf("p%d-%d@%s.example", n, p, bulk))
			}
			create(ctx, builders.Invitation(bulk, fmt.Sprintf("team-%d", n), strings.Join(people, " ")).Obj())
		}
		Eventually(func() int { waiting, _ := t.counts(); return waiting }).Should(Equal(mail.DefaultConnections), "every connection is in use")

		Expect(post(ctx, link, registration("Nora Lopez"))).To(Equal(http.StatusSeeOther))
		i := &v1alpha1.Invitation{}
		i.Namespace, i.Name = org, "team"
		Eventually(get(ctx, i)).Should(stateOf(email, v1alpha1.RecipientRegistered, 1))
		settle(ctx)
		for n := range mail.DefaultConnections + 1 {
			t.admit <- struct{}{}
			Eventually(func() int { _, admitted := t.counts(); return admitted }).Should(Equal(n + 1))
		}
		t.mu.Lock()
		admitted := t.admitted
		t.mu.Unlock()
		Expect(admitted).To(ContainElement(email), "no more than what was being sent came before it")
	})
})
