// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/testing/builders"
)

const (
	// starts is how often the operator is started before it counts as being in a crash loop.
	starts = 3
	// decided is how long a cache must be held up to count as not fitting.
	decided = 30 * time.Second
)

// BenchmarkSizingLimit shows what happens when memory no longer suffices: for each number of people in USHER_SIZING, the operator runs in a
// memory cgroup (v1) of USHER_SIZING_LIMIT MiB, which takes root. It logs whether the operator becomes ready, is held up or is
// killed, what it needs, and whether somebody can be added, changed and removed.
func BenchmarkSizingLimit(b *testing.B) {
	limit := limitMiB(b)
	if limit == 0 {
		b.Skip("USHER_SIZING_LIMIT is not set: set it to MiB, as root on a machine with cgroups v1")
	}
	ctx := b.Context()
	s := newSizing(ctx, b)
	for _, people := range numbers(b) {
		b.Run(strconv.Itoa(people), func(b *testing.B) {
			for b.Loop() {
				s.crowd.grow(ctx, people)
				s.tryLimit(ctx, b, limit)
			}
		})
	}
}

// tryLimit starts the operator as often as the kubelet would, and logs how it is.
func (s *sizing) tryLimit(ctx context.Context, b *testing.B, limit int) {
	for n := range starts {
		p := s.launch(b, limit)
		outcome, answer := p.outcome(ctx)
		switch outcome {
		case http.StatusOK:
			b.Logf("start %d: ready after %.1f s CPU, %.0f MiB needed, peak of the cgroup %.0f MiB", n+1, p.cpu(),
				p.value(ctx, "usher_memory_needed_bytes")/(1<<20), p.groupPeakMiB())
			p.settleFor(ctx, time.Minute)
			select {
			case <-p.Ended():
				b.Logf("start %d: killed after it was ready\n%s", n+1, p.last(b))
				continue
			default:
			}
			before := p.cpu()
			time.Sleep(decided)
			b.Logf("%.0f MiB needed, %.0f mCPU while idle; peak of the cgroup %.0f MiB", p.value(ctx, "usher_memory_needed_bytes")/(1<<20),
				(p.cpu()-before)/decided.Seconds()*1000, p.groupPeakMiB())
			s.tryChanges(ctx, b)
		case 0:
			b.Logf("start %d: killed\n%s", n+1, p.last(b))
			continue
		default:
			before := p.cpu()
			time.Sleep(decided)
			b.Logf("start %d: not ready, %d: %s\n%.0f mCPU, %.0f MiB needed, peak of the cgroup %.0f MiB", n+1, outcome, answer,
				(p.cpu()-before)/decided.Seconds()*1000, p.value(ctx, "usher_memory_needed_bytes")/(1<<20), p.groupPeakMiB())
		}
		must(b, p.Kill())
		return
	}
}

// last returns the last lines that the process logged; with GODEBUG=gctrace=1, they tell of its garbage collections.
func (p *sizedProcess) last(b *testing.B) string {
	log, err := p.Log()
	must(b, err)
	return log[max(0, len(log)-4000):]
}

// outcome returns 200 if the operator becomes ready, 0 if it ends, and 500 with the reason if its cache is held up for a while.
func (p *sizedProcess) outcome(ctx context.Context) (code int, answer string) {
	held := time.Now()
	for ctx.Err() == nil {
		select {
		case <-p.Ended():
			return 0, ""
		case <-time.After(200 * time.Millisecond):
		}
		if code, _ = p.get(ctx, p.HealthURL+"/readyz"); code == http.StatusOK {
			return code, ""
		}
		if _, answer = p.get(ctx, p.HealthURL+"/readyz/cache"); !strings.Contains(answer, "does not fit") {
			held = time.Now()
		}
		if time.Since(held) > decided {
			return http.StatusInternalServerError, answer
		}
	}
	return 0, ""
}

// tryChanges logs the answers to requests that add, change and remove somebody.
func (s *sizing) tryChanges(ctx context.Context, b *testing.B) {
	c := s.env.Client
	added := builders.OrgUser(template, fmt.Sprintf("late-%d", time.Now().UnixNano())).Existing().Obj()
	b.Log("add a person: ", c.Create(ctx, added))
	u := &v1alpha1.OrgUser{}
	must(b, c.Get(ctx, client.ObjectKey{Namespace: template, Name: "person-7"}, u))
	before := u.DeepCopy()
	u.Spec.Suspend = !u.Spec.Suspend
	b.Log("suspend a person: ", c.Patch(ctx, u, client.MergeFrom(before)))
	b.Log("remove a person: ", client.IgnoreNotFound(c.Delete(ctx, added)))
}
