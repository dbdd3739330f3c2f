// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Package memory keeps the operator within its memory limit: it follows the container's limit, measures what is needed, and says when
// there is no room for more. The cache holds everything that the webhooks decide by, so it cannot be made smaller; what can be refused is
// growth.
package memory

import (
	"context"
	"runtime/debug"
	"time"

	"github.com/KimMachineGun/automemlimit/memlimit"
	"github.com/go-logr/logr"
)

const (
	// share is the part of the container's limit that Go may use. The rest is for what Go does not count: the program's own pages.
	share = 0.9
	// followInterval is how soon a limit is followed that changes while the operator runs.
	followInterval = 15 * time.Second
)

// FollowLimit makes nine tenths of the container's memory limit Go's own limit (GOMEMLIMIT), now and whenever it changes. The environment
// variable GOMEMLIMIT overrides it. Where no limit can be found, there is none: the operator works without one.
func FollowLimit(ctx context.Context, log logr.Logger) {
	_, err := memlimit.Set(memlimit.WithRatio(share), memlimit.WithProvider(memlimit.FromCgroup),
		memlimit.WithRefreshInterval(ctx, followInterval))
	if err != nil {
		log.Info("cannot find the container's memory limit: if it has one, set the environment variable GOMEMLIMIT to nine tenths of it",
			"reason", err.Error())
	}
	log.Info("the most memory that Go may use, in bytes; without a limit, the largest number", "limit", debug.SetMemoryLimit(-1))
}
