// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"github.com/schollz/progressbar/v3"
)

// manyRequests is from how many requests on people see a bar: with fewer they hardly wait.
const manyRequests = 10

// progress is a bar on the screen of somebody who waits for many requests. Where there is no screen, it does nothing.
type progress struct {
	bar *progressbar.ProgressBar
}

// newProgress returns a bar that counts people.
func (t *tool) newProgress(doing string, requests, people int) *progress {
	s := screenOf(t.streams.ErrOut)
	if s.width == 0 || requests < manyRequests {
		return &progress{}
	}
	return &progress{bar: progressbar.NewOptions(people,
		progressbar.OptionSetWriter(t.streams.ErrOut),
		progressbar.OptionSetDescription(doing),
		progressbar.OptionSetWidth(max(10, min(40, s.width-60))),
		progressbar.OptionShowCount(),
		progressbar.OptionSetPredictTime(true),
		progressbar.OptionClearOnFinish(),
		progressbar.OptionSetRenderBlankState(true),
		progressbar.OptionSetTheme(progressbar.ThemeASCII),
	)}
}

// done counts people with whom the command is done.
func (p *progress) done(people int) {
	if p.bar != nil {
		_ = p.bar.Add(people) // a bar that cannot be drawn is no reason to stop
	}
}

// end takes the bar off the screen.
func (p *progress) end() {
	if p.bar != nil {
		_ = p.bar.Clear()
	}
}
