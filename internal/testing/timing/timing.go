// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Package timing sets how long specs wait. Gomega's default of one second is too short for a busy machine.
package timing

import (
	"time"

	"github.com/onsi/gomega"
)

const (
	// Timeout is the default limit for how long an Eventually, with or without a context, waits for what must happen, and
	// for how long a spec may take that could hang. No result depends on how long something takes.
	Timeout = 3 * time.Minute
	// poll is the default interval at which an Eventually polls.
	poll = 25 * time.Millisecond
)

// SetDefaults applies Timeout and the polling interval to every Eventually, including those with a context, for which Gomega
// would otherwise wait until the context ends. A suite calls it before its specs.
func SetDefaults() {
	gomega.SetDefaultEventuallyTimeout(Timeout)
	gomega.EnforceDefaultTimeoutsWhenUsingContexts()
	gomega.SetDefaultEventuallyPollingInterval(poll)
}
