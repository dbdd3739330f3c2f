// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"io"
	"os"
	"strings"

	"github.com/rivo/uniseg"
	"golang.org/x/term"
)

// screen is what somebody reads an output on. Files and pipes are not changed by it: nothing is wrapped or coloured there.
type screen struct {
	// width is the number of columns of a terminal. It is 0 for what is no terminal.
	width int
	// colors is true for a terminal whose user has not declined them with NO_COLOR, see no-color.org.
	colors bool
}

func screenOf(w io.Writer) screen {
	file, is := w.(*os.File)
	if !is {
		return screen{}
	}
	width, _, err := term.GetSize(int(file.Fd()))
	if err != nil {
		return screen{}
	}
	return screen{width: width, colors: os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"}
}

// color is a parameter of the terminal's sequence for colors.
type color string

const (
	green  color = "32"
	red    color = "1;31"
	yellow color = "33"
)

func (s screen) paint(text string, c color) string {
	if !s.colors || c == "" || text == "" {
		return text
	}
	return "\x1b[" + string(c) + "m" + text + "\x1b[0m"
}

// readable is the widest line that is pleasant to read.
const readable = 120

// prose returns a text with lines that fit on the screen.
func (s screen) prose(text string) string {
	if s.width == 0 {
		return text
	}
	var lines []string
	for paragraph := range strings.SplitSeq(text, "\n") {
		lines = append(lines, wrap(paragraph, min(s.width, readable))...)
	}
	return strings.Join(lines, "\n")
}

// wrap breaks a text between words into lines of at most a width. A word that is longer has a line of its own.
func wrap(text string, width int) []string {
	var lines []string
	line, used := "", 0
	for word := range strings.FieldsSeq(text) {
		length := uniseg.StringWidth(word)
		if used > 0 && used+1+length > width {
			lines, line, used = append(lines, line), "", 0
		}
		if used > 0 {
			line, used = line+" ", used+1
		}
		line, used = line+word, used+length
	}
	return append(lines, line)
}
