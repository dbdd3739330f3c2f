// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package docs

import (
	"regexp"
	"slices"
	"strings"
)

// different lists what differs from run to run.
var different = []struct {
	pattern *regexp.Regexp
	with    string
}{
	{regexp.MustCompile(`\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b`), "UID"},
	{regexp.MustCompile(`\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z`), "TIME"},
	{regexp.MustCompile(`\b[0-9a-f]{32,}\b`), "DIGEST"},
	{regexp.MustCompile(`(/[icqaw]/)[A-Za-z0-9_…-]{6,}`), "${1}TOKEN"},
	{regexp.MustCompile(`(^|[\s(])(\d+[smhd])+([\s)]|$)`), "${1}AGE${3}"},
	{regexp.MustCompile(`("?resourceVersion"?: "?)\d+`), "${1}VERSION"},
	// Columns are as wide as their widest cell, which may be an age.
	{regexp.MustCompile(`(\S)[ \t]{2,}`), "$1  "},
	{regexp.MustCompile(`[ \t]+$`), ""},
}

// normalize replaces what differs from run to run in a line.
func normalize(line string) string {
	for _, d := range different {
		line = d.pattern.ReplaceAllString(line, d.with)
	}
	return line
}

// anything is the line that stands for any lines.
const anything = "..."

// matches reports whether the lines that a page shows are those that a command printed.
func matches(shown, printed []string) bool {
	switch {
	case len(shown) == 0:
		return len(printed) == 0
	case shown[0] == anything:
		for skip := range len(printed) + 1 {
			if matches(shown[1:], printed[skip:]) {
				return true
			}
		}
		return false
	default:
		return len(printed) > 0 && matchesLine(normalize(shown[0]), normalize(printed[0])) && matches(shown[1:], printed[1:])
	}
}

// matchesLine compares normalized lines. A "…" in the one that is shown stands for any text.
func matchesLine(shown, printed string) bool {
	parts := strings.Split(shown, "…")
	if len(parts) == 1 {
		return shown == printed
	}
	for i, part := range parts {
		parts[i] = regexp.QuoteMeta(part)
	}
	return regexp.MustCompile("^" + strings.Join(parts, ".*") + "$").MatchString(printed)
}

// abridge returns the printed lines, of which it leaves out about as many as the page did.
func abridge(shown, printed []string) []string {
	head := slices.Index(shown, anything)
	if head < 0 || slices.Contains(shown[head+1:], anything) {
		return printed
	}
	tail := len(shown) - head - 1
	if head+tail >= len(printed) {
		return printed
	}
	return slices.Concat(printed[:head], []string{anything}, printed[len(printed)-tail:])
}

// linesOf splits what a command printed, without spaces at the ends of lines.
func linesOf(output string) []string {
	output = strings.TrimRight(output, "\n")
	if output == "" {
		return nil
	}
	lines := strings.Split(output, "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " \t\r")
	}
	return lines
}
