// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"time"
)

const (
	// patience is how long the story waits for anything. What it waits for usually takes a second or two.
	patience = 60 * time.Second
	interval = 50 * time.Millisecond
)

// until polls a condition. It returns when the condition is true or fails, or when patience is over.
func until(ctx context.Context, condition func() (bool, error)) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		if done, err := condition(); done || err != nil {
			return err
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return fmt.Errorf("not within %s: %w", patience, ctx.Err())
		}
	}
}
