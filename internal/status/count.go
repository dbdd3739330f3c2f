// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package status

import "math"

// Count returns a count as a status holds it.
func Count(n int) *int32 {
	count := int32(min(n, math.MaxInt32)) //nolint:gosec // bounded here
	return &count
}
