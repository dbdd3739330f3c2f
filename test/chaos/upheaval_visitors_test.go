// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/internal/testing/mailbox"
)

// guests are all people who are invited. They follow the link of each mail, twice at the same time, as an impatient person does.
type guests struct {
	portal string

	mu sync.Mutex
	// confirmed are the addresses of people to whom the portal said that they are in.
	confirmed map[string]bool
	answers   map[string]int
	// heard is what each of them was answered, and when.
	heard map[string][]string
	open  sync.WaitGroup
}

// receive opens mails until the time is over, and those of the domains only.
func (g *guests) receive(ctx, until context.Context, domains []string) {
	defer GinkgoRecover()
	seen := box.Count()
	for until.Err() == nil {
		all, err := box.Messages()
		Expect(err).NotTo(HaveOccurred())
		for _, m := range all[min(seen, len(all)):] {
			for _, domain := range domains {
				if len(m.EnvelopeTo) == 1 && strings.HasSuffix(m.EnvelopeTo[0], "@"+domain) {
					g.open.Go(func() { g.follow(ctx, m) })
				}
			}
		}
		seen = len(all)
		pass(until, slowest)
	}
	g.open.Wait()
}

// follow follows the link of a mail.
func (g *guests) follow(ctx context.Context, m mailbox.Message) {
	link, confirms := "", false
	for _, l := range m.Links() {
		path, _ := strings.CutPrefix(l, g.portal)
		if strings.HasPrefix(path, inviteLink) || strings.HasPrefix(path, confirmLink) {
			link, confirms = l, strings.HasPrefix(path, confirmLink)
		}
	}
	action := g.decide(m.EnvelopeTo[0])
	if link == "" || !confirms && action == ignore {
		return
	}
	step := action
	if confirms {
		action, step = accept, "confirm"
	}
	var clicks sync.WaitGroup
	for range 2 {
		clicks.Go(func() {
			if g.send(ctx, m.EnvelopeTo[0], step, link, action) && confirms {
				g.mu.Lock()
				g.confirmed[m.EnvelopeTo[0]] = true
				g.mu.Unlock()
			}
		})
	}
	clicks.Wait()
}

// decide returns what the owner of an address does.
func (g *guests) decide(address string) string {
	hash := fnv.New32a()
	_, _ = hash.Write([]byte(address))
	return []string{decline, ignore, accept, accept, accept}[hash.Sum32()%5]
}

// send sends the form of a link, as a person's step, until there is an answer, and reports whether the portal accepted it.
func (g *guests) send(ctx context.Context, address, step, link, action string) bool {
	for ctx.Err() == nil {
		code, err := g.post(ctx, link, action)
		answer := fmt.Sprintf("%s: %d", step, code)
		if err != nil || code >= http.StatusInternalServerError {
			answer = "repeated, no answer"
		}
		g.mu.Lock()
		g.answers[answer]++
		if err == nil {
			g.heard[address] = append(g.heard[address], time.Now().Format(time.TimeOnly)+" "+answer)
		}
		g.mu.Unlock()
		if err == nil && code < http.StatusInternalServerError {
			return code == http.StatusSeeOther
		}
		pass(ctx, 5*slowest)
	}
	return false
}

func (g *guests) post(ctx context.Context, link, action string) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, link, strings.NewReader(formOf(action).Encode()))
	if err != nil {
		return 0, err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	response, err := browser.Do(r)
	if err != nil {
		return 0, errors.New("no answer") // the text would contain the link
	}
	defer response.Body.Close()
	_, err = io.Copy(io.Discard, response.Body)
	return response.StatusCode, err
}
