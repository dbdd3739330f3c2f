// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Package timing sets how long specs wait. Gomega's own second is too short for a machine that does much else.
package timing

import (
	"time"

	"github.com/onsi/gomega"
)

const (
	// Timeout bounds, by default, how long an Eventually, with a context or without, waits for what must come, and a spec
	// may take that could hang. Nothing is decided by how long it takes.
	Timeout = 3 * time.Minute
	// Poll is, by default, how often an Eventually looks.
	Poll = 25 * time.Millisecond
)

// SetDefaults makes Timeout and Poll those of every Eventually, also of those that have a context: Gomega would have these
// wait until the context ends. A suite calls it before its specs.
func SetDefaults() {
	gomega.SetDefaultEventuallyTimeout(Timeout)
	gomega.EnforceDefaultTimeoutsWhenUsingContexts()
	gomega.SetDefaultEventuallyPollingInterval(Poll)
}
