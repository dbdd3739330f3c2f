// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// row is a figure with what was measured.
type row struct {
	figure

	benchmark string
	value     float64
	found     bool
}

// key is where a figure is in the output.
type key struct{ benchmark, unit string }

// processors is what Go appends to the name of a benchmark.
var processors = regexp.MustCompile(`-\d+$`)

// parse returns the figures in the output of a benchmark.
func parse(output []byte) map[key]float64 {
	found := map[key]float64{}
	for lines := bufio.NewScanner(bytes.NewReader(output)); lines.Scan(); {
		fields := strings.Fields(lines.Text())
		if len(fields) < 2 || !strings.HasPrefix(fields[0], "Benchmark") {
			continue
		}
		name := strings.TrimPrefix(processors.ReplaceAllString(fields[0], ""), "Benchmark")
		for n := 2; n+1 < len(fields); n += 2 {
			if value, err := strconv.ParseFloat(fields[n], 64); err == nil {
				found[key{name, fields[n+1]}] = value
			}
		}
	}
	return found
}

func rowsOf(b benchmark, found map[key]float64, quick bool) []row {
	rows := make([]row, 0, len(b.figures))
	for _, f := range b.figures {
		if quick && f.fullOnly {
			continue
		}
		value, is := found[key{b.name + f.of, f.unit}]
		rows = append(rows, row{figure: f, benchmark: b.name, value: value, found: is})
	}
	return rows
}

// missing returns an error that names the figures that were not reported.
func missing(rows []row) error {
	var errs []error
	for _, r := range rows {
		if !r.found {
			errs = append(errs, fmt.Errorf("%s reports no %q any more: %s", r.benchmark+r.of, r.unit, r.what))
		}
	}
	return errors.Join(errs...)
}

// verdict says how a figure stands.
func (r row) verdict() string {
	switch {
	case !r.found:
		return "missing"
	case r.atMost == 0:
		return "shown"
	case r.value <= r.atMost:
		return "held"
	default:
		return "short"
	}
}

func (r row) goal() string {
	if r.atMost == 0 {
		return ""
	}
	return "≤ " + number(r.atMost)
}

func (r row) measured() string {
	if !r.found {
		return ""
	}
	return number(r.value)
}

func number(n float64) string {
	if n >= 100 {
		return strconv.FormatFloat(n, 'f', 0, 64)
	}
	return strconv.FormatFloat(n, 'f', -1, 64)
}

// table returns the figures in Markdown.
func table(rows []row) string {
	var b strings.Builder
	b.WriteString("| what | floor | goal | measured | | benchmark |\n|---|---|---|---|---|---|\n")
	for _, r := range rows {
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s |\n", r.what, r.floor, r.goal(), r.measured(), r.verdict(), r.benchmark)
	}
	return b.String()
}
