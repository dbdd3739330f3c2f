// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Package bench measures Usher in ratios, each of them from a single run.
package bench

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
)

const (
	warmUp = 30
	// together is how many clients ask at the same time, apart from one alone.
	together = 50
)

// sizes returns the numbers of users that organizations have, up to the largest.
func sizes(b *testing.B) []int {
	const largest = 50_000
	return slices.DeleteFunc([]int{10, 1000, 10_000, largest}, func(n int) bool { return n > sizeOr(b, largest) })
}

// BenchmarkAdmission measures how long it takes an administrator to change a user, as a dry run through the API server: in organizations of
// 10 to 50,000 users, and in one of 10 where a webhook that does nothing is called in place of Usher's. They take turns, so that any other
// load on the machine affects all of them alike. It is measured with one client, and with 50 that ask at the same time. It reports medians
// and 99th percentiles in microseconds, the ratio of the slowest size to the fastest one, and of the slowest to the webhook that does nothing.
//
// USHER_BENCH_PEOPLE leaves out organizations with more users.
func BenchmarkAdmission(b *testing.B) {
	ctx := b.Context()
	bench := start(ctx, b)
	nothing := bench.organization(ctx, "nothing", 10)
	var usher []*organization
	for _, users := range sizes(b) {
		usher = append(usher, bench.organization(ctx, fmt.Sprintf("users-%d", users), users))
	}
	for _, clients := range []int{1, together} {
		b.Run(strconv.Itoa(clients), func(b *testing.B) {
			all := append([]*organization{nothing}, usher...)
			for range warmUp {
				for _, o := range all {
					o.ask(ctx, b, 1)
				}
			}
			times := make([][]time.Duration, len(all))
			// Many at a time are many measurements at a time, though not as many independent ones.
			every := max(1, clients*2/5)
			for round := 0; b.Loop(); round++ {
				if round%every != 0 {
					continue
				}
				for n, o := range all {
					times[n] = append(times[n], o.ask(ctx, b, clients)...)
				}
			}
			reportAdmission(b, all, times)
		})
	}
}

// reportAdmission reports what was measured. The first organization is the one with the webhook that does nothing.
func reportAdmission(b *testing.B, all []*organization, times [][]time.Duration) {
	for _, p := range []struct {
		name string
		part float64
	}{{"p50", 0.5}, {"p99", 0.99}} {
		var found []float64
		for n, o := range all {
			slices.Sort(times[n])
			at := times[n][int(float64(len(times[n]))*p.part)]
			found = append(found, float64(at))
			b.ReportMetric(float64(at.Microseconds()), "µs-"+p.name+"/"+o.name)
		}
		slowest, fastest := slices.Max(found[1:]), slices.Min(found[1:])
		b.ReportMetric(slowest/fastest, p.name+"-slowest:fastest")
		b.ReportMetric(slowest/found[0], p.name+"-slowest:nothing")
	}
}

func median[T cmp.Ordered](values []T) T {
	slices.Sort(values)
	return values[len(values)/2]
}

// organization is one of the organizations that are compared.
type organization struct {
	name  string
	admin client.Client
	user  *v1alpha1.OrgUser
	count atomic.Int64
}

// ask makes the change that is timed with several clients at once.
func (o *organization) ask(ctx context.Context, b *testing.B, clients int) []time.Duration {
	times, errs := make([]time.Duration, clients), make([]error, clients)
	var all sync.WaitGroup
	for n := range clients {
		all.Go(func() { times[n], errs[n] = o.request(ctx) })
	}
	all.Wait()
	must(b, errors.Join(errs...))
	return times
}

// request makes the change once. No two changes are the same.
func (o *organization) request(ctx context.Context) (time.Duration, error) {
	patch := client.RawPatch("application/merge-patch+json", fmt.Appendf(nil, `{"spec":{"displayName":"Name %d"}}`, o.count.Add(1)))
	user := o.user.DeepCopy()
	began := time.Now()
	err := o.admin.Patch(ctx, user, patch, client.DryRunAll)
	return time.Since(began), err
}
