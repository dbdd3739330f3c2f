// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io"
	"sync"
	"time"
)

// console prints progress, each line with the seconds since the start.
type console struct {
	mu    sync.Mutex
	w     io.Writer
	start time.Time
}

func newConsole(w io.Writer) *console {
	return &console{w: w, start: time.Now()}
}

func (c *console) say(format string, args ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	fmt.Fprintf(c.w, "[%5.1f s] %s\n", c.elapsed().Seconds(), fmt.Sprintf(format, args...))
}

func (c *console) elapsed() time.Duration { return time.Since(c.start) }

// every prints a line at each interval until stop is called.
func (c *console) every(interval time.Duration, line func() string) (stop func()) {
	ticker, done := time.NewTicker(interval), make(chan struct{})
	go func() {
		for {
			select {
			case <-ticker.C:
				c.say("%s", line())
			case <-done:
				return
			}
		}
	}()
	return func() {
		ticker.Stop()
		close(done)
	}
}
