// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package requeue

import (
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"
)

// Settling returns how long what was declared together with an object still has to arrive, which has this long from the object's creation
// on. An object that was created long after now shows that the clock is wrong: nothing waits for that time.
func Settling(o client.Object, delay time.Duration, now time.Time) time.Duration {
	age := now.Sub(o.GetCreationTimestamp().Time)
	if age < -delay {
		return 0
	}
	return max(delay-age, 0)
}
