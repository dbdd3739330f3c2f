// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package maxima

import "testing"

// Run measures one event, as a benchmark of its own. It reports the allocations, and fails if the event does.
func Run(b *testing.B, name string, event func() error) {
	b.Run(name, func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := event(); err != nil {
				b.Fatal(err)
			}
		}
	})
}
