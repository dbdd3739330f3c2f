// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package docs

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"time"
)

// await runs a command. It repeats one that reads until it prints what the page shows.
func (s *session) await(ctx context.Context, c command) []string {
	var printed []string
	began, changed := time.Now(), time.Now()
	for {
		output, _ := s.bash(ctx, as(c.person)+c.text)
		now := linesOf(output)
		if !slices.EqualFunc(now, printed, func(a, b string) bool { return normalize(a) == normalize(b) }) {
			changed = time.Now()
		}
		printed = now
		done := matches(c.shown, printed) || !reads(c.text) || time.Since(began) > patience
		if done || *update && time.Since(changed) > still {
			return printed
		}
		time.Sleep(interval)
	}
}

// rehearse repeats a command that writes as a dry run, until it warns and refuses as the page shows. Right after another change it may
// not, because the cache of the webhooks is late, or the API server has not noticed that policies or webhooks have changed. The
// result is what the last dry run printed if it never did, and else nothing.
func (s *session) rehearse(ctx context.Context, c command) string {
	rehearsal := dryRun(c.text)
	if rehearsal == "" {
		return ""
	}
	limit := patience
	if *update {
		limit = still
	}
	for began := time.Now(); ; time.Sleep(interval) {
		output, _ := s.bash(ctx, as(c.person)+rehearsal)
		if matches(complaints(c.shown), complaints(linesOf(output))) {
			return ""
		}
		if time.Since(began) > limit {
			return "$ " + rehearsal + "\n" + output
		}
	}
}

// dryRun returns a command that writes as one that does not, or nothing if that is not possible. The flag comes before any comment.
func dryRun(text string) string {
	if !writing.MatchString(text) {
		return ""
	}
	return writing.ReplaceAllString(text, "$1 --dry-run=server $4")
}

// complaints returns the lines with warnings and refusals.
func complaints(lines []string) []string {
	return slices.DeleteFunc(slices.Clone(lines), func(line string) bool { return !complaining.MatchString(line) })
}

var (
	writing = regexp.MustCompile(`^(kubectl (-n \S+ )?(apply|annotate|create|delete|label|patch|scale|` +
		`usher (?:grant|resume|resend|remove|revoke|role|suspend))) ([^|;&]*)$`)
	complaining = regexp.MustCompile(`^(Warning: |Error |error: |The )`)
)

// reads reports whether a command changes nothing, so that its output can be awaited while the operator works.
func reads(text string) bool { return reading.MatchString(text) && !strings.Contains(text, "xargs") }

var reading = regexp.MustCompile(`^kubectl (-n \S+ )?(get|describe|auth|events|explain|wait|` +
	`usher (can|check|export|seats|tree|users?|whoami|why|workspaces)) [^;>&]*$`)
