// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package effective_test

import (
	"testing"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/testing/maxima"
)

const people = 10000

// BenchmarkLedgers measures the plans of both ledgers for 10,000 people who all request to be administrators, and every module.
func BenchmarkLedgers(b *testing.B) {
	o, users := maxima.Organization(), maxima.Users(people, v1alpha1.RoleOrganizationAdmin)
	candidates := make([]effective.Candidate, 0, people)
	for _, u := range users {
		candidates = append(candidates, effective.CandidateOf(u))
	}
	b.Run("administrators", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			effective.NextLedger([]string{users[0].Name}, candidates)
		}
	})
	o.Status.Modules = effective.NextSeats(o, users)
	b.Run("seats", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			effective.NextSeats(o, users)
		}
	})
}
