// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"strings"

	"github.com/usher-operator/usher/internal/setup"
)

// writeLiveKeys writes the fields that change while the operator runs, one per line, for the chart: a change of these replaces no pod.
func writeLiveKeys(path string) error {
	return os.WriteFile(path, []byte(strings.Join(setup.LiveKeys(), "\n")+"\n"), 0o644)
}
