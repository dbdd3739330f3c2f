// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"io"
	"strings"

	"github.com/rivo/uniseg"
)

// table is what is printed in columns.
type table struct {
	header []string
	rows   [][]string
	// wraps has a terminal break the last column between words if a row is too wide. It is for text that people read, not for what
	// they copy, such as commands.
	wraps bool
	// color returns the color of a cell of the named column. It is nil where there are none.
	color func(column, cell string) color
}

func (t *table) add(cells ...string) { t.rows = append(t.rows, cells) }

// gap separates columns, as in kubectl.
const gap = "   "

// narrowest is how wide the last column has to be to be wrapped. On a screen that leaves less, the terminal breaks the lines.
const narrowest = 20

// print prints the columns. A cell is one line without control characters, whatever an object holds.
func (t *table) print(w io.Writer, indent string, headers bool) error {
	rows := make([][]string, 0, len(t.rows)+1)
	if headers && len(t.header) > 0 {
		rows = append(rows, plain(t.header))
	}
	for _, row := range t.rows {
		rows = append(rows, plain(row))
	}
	widths := widthsOf(rows)
	s := screenOf(w)
	room := t.room(s, indent, widths)
	var out strings.Builder
	for n, row := range rows {
		colored := t.color != nil && (n > 0 || !headers)
		t.line(&out, s, indent, row, widths, room, colored)
	}
	_, err := io.WriteString(w, out.String())
	return err
}

// line writes a row, of which the last column may need several lines.
func (t *table) line(out *strings.Builder, s screen, indent string, row []string, widths []int, room int, colored bool) {
	last := len(widths) - 1
	text, at := indent, uniseg.StringWidth(indent)
	for n, cell := range row {
		if n == last && room > 0 {
			cell = strings.Join(wrap(cell, room), "\n"+strings.Repeat(" ", at))
		}
		painted := cell
		if colored && n < len(t.header) {
			painted = s.paint(cell, t.color(t.header[n], cell))
		}
		text += painted
		if n < len(row)-1 {
			text += strings.Repeat(" ", widths[n]-uniseg.StringWidth(cell)) + gap
		}
		at += widths[n] + len(gap)
	}
	out.WriteString(strings.TrimRight(text, " "))
	out.WriteByte('\n')
}

// room returns how wide the last column may be. It is 0 if that does not matter.
func (t *table) room(s screen, indent string, widths []int) int {
	if !t.wraps || s.width == 0 || len(widths) == 0 {
		return 0
	}
	before := uniseg.StringWidth(indent)
	for _, width := range widths[:len(widths)-1] {
		before += width + len(gap)
	}
	if room := s.width - before; room >= narrowest && room < widths[len(widths)-1] {
		return room
	}
	return 0
}

// widthsOf returns how much room each column takes on a screen.
func widthsOf(rows [][]string) []int {
	var widths []int
	for _, row := range rows {
		for n, cell := range row {
			if n == len(widths) {
				widths = append(widths, 0)
			}
			widths[n] = max(widths[n], uniseg.StringWidth(cell))
		}
	}
	return widths
}

func plain(row []string) []string {
	cells := make([]string, 0, len(row))
	for _, cell := range row {
		cells = append(cells, oneLine(cell))
	}
	return cells
}

// oneLine returns a text that neither breaks the line nor speaks to the terminal.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t' || r == '\r':
			return ' '
		case r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0:
			return -1
		}
		return r
	}, s)
}

// none is what a table shows for nothing, as in kubectl.
const none = "<none>"

func orNone(s string) string {
	if s == "" {
		return none
	}
	return s
}
