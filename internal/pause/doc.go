// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Package pause keeps reconcilers from the objects of paused organizations, and starts them again when the pause is over. Package
// effective says what a pause is, lookup finds out whether there is one.
package pause
