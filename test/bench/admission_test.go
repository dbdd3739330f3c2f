// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Package bench measures Usher in ratios, each of them from a single run.
package bench

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
)

const (
	small  = 10
	large  = 10_000
	warmUp = 30
)

// BenchmarkAdmission measures how long it takes an administrator to change a user, as a dry run through the API server: in an
// organization of 10 users, in one of 10,000, and in one of 10 where a webhook that does nothing is called in place of
// Usher's. The three take turns, so that any other load on the machine affects all of them alike. It reports medians in
// microseconds and their ratios.
func BenchmarkAdmission(b *testing.B) {
	ctx := b.Context()
	bench := start(ctx, b)
	organizations := []*organization{
		bench.organization(ctx, "nothing", small),
		bench.organization(ctx, "small", small),
		bench.organization(ctx, "large", large),
	}
	for range warmUp {
		for _, o := range organizations {
			o.request(ctx, b)
		}
	}
	times := make([][]time.Duration, len(organizations))
	b.ResetTimer()
	for b.Loop() {
		for n, o := range organizations {
			times[n] = append(times[n], o.request(ctx, b))
		}
	}
	b.StopTimer()
	nothing, few, many := median(times[0]), median(times[1]), median(times[2])
	b.ReportMetric(float64(nothing.Microseconds()), "µs/nothing")
	b.ReportMetric(float64(few.Microseconds()), "µs/10-users")
	b.ReportMetric(float64(many.Microseconds()), "µs/10000-users")
	b.ReportMetric(float64(many)/float64(few), "10000:10")
	b.ReportMetric(float64(many)/float64(nothing), "10000:nothing")
}

func median[T cmp.Ordered](values []T) T {
	slices.Sort(values)
	return values[len(values)/2]
}

// organization is one of the organizations that are compared.
type organization struct {
	admin client.Client
	user  *v1alpha1.OrgUser
	count int
}

// request makes the change that is timed. No two changes are the same.
func (o *organization) request(ctx context.Context, b *testing.B) time.Duration {
	o.count++
	patch := client.RawPatch("application/merge-patch+json", fmt.Appendf(nil, `{"spec":{"displayName":"Name %d"}}`, o.count))
	user := o.user.DeepCopy()
	began := time.Now()
	if err := o.admin.Patch(ctx, user, patch, client.DryRunAll); err != nil {
		b.Fatal(err)
	}
	return time.Since(began)
}
