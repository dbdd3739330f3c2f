// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package load

import (
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Table shows what happened under load, one line for each action. It is safe for concurrent use.
type Table struct {
	mu    sync.Mutex
	lines []line
}

type line struct {
	action, note string
	result       Result
}

// Add adds what happened during an action. The note says what else was measured.
func (t *Table) Add(action string, result Result, note string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.lines = append(t.lines, line{action: action, note: note, result: result})
}

// String returns the table in Markdown.
func (t *Table) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var b strings.Builder
	b.WriteString("| action | writes | refused | API server away | longest wait | … without Usher | pages | refused | longest wait | |\n")
	b.WriteString("|---|---|---|---|---|---|---|---|---|---|\n")
	for _, l := range t.lines {
		writes, pages := l.result.Of(Write), l.result.Of(Page)
		cells := []string{
			l.action,
			count(writes), count(writes.Refused()), count(writes.Unreached()), seconds(writes.LongestWait()),
			seconds(l.result.Of(Reference).LongestWait()),
			count(pages), count(pages.Refused()), seconds(pages.LongestWait()), l.note,
		}
		fmt.Fprintf(&b, "| %s |\n", strings.Join(cells, " | "))
	}
	return b.String()
}

func count(r Result) string { return strconv.Itoa(r.Count()) }

func seconds(d time.Duration) string { return strconv.FormatFloat(d.Seconds(), 'f', 2, 64) + " s" }
