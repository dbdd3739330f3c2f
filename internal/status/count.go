// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package status

import "math"

// Count returns a number in the form of a count in a status.
func Count(n int) *int32 {
	count := int32(min(n, math.MaxInt32)) //nolint:gosec // bounded here
	return &count
}
