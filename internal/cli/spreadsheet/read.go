// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package spreadsheet

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Row is a line of a spreadsheet. Lines without content are left out.
type Row struct {
	// Line is where the row begins in the file, from 1.
	Line int
	// Cells have no space at their ends.
	Cells []string
}

// Fault is one thing that is wrong with a file.
type Fault struct {
	// Line is where it is, from 1; 0: it is about the file as a whole.
	Line int
	// Column is the number of the cell in its line, from 1; 0: it is about the line.
	Column  int
	Message string
}

// Error returns the fault with its place.
func (f Fault) Error() string {
	switch {
	case f.Line == 0:
		return f.Message
	case f.Column == 0:
		return fmt.Sprintf("line %d: %s", f.Line, f.Message)
	}
	return fmt.Sprintf("line %d, column %d: %s", f.Line, f.Column, f.Message)
}

// maxSize is how large a file may be. 5,000 people with a message each are about a megabyte.
const maxSize = 16 << 20

// Read returns the rows of a CSV file as spreadsheets write them: with commas, semicolons, tabulators or bars between the cells, in UTF-8,
// UTF-16 or Windows-1252 (which contains Latin-1), with or without a byte order mark. It reads on after a fault, to find all.
func Read(file []byte) ([]Row, []Fault) {
	if len(file) > maxSize {
		return nil, []Fault{{
			Message: fmt.Sprintf("the file has %d MiB, but at most %d MiB are allowed: split it", len(file)>>20, maxSize>>20),
		}}
	}
	text, fault := decode(file)
	if fault != nil {
		return nil, []Fault{*fault}
	}
	skipped, separator, text := separatorLine(text)
	in := csv.NewReader(strings.NewReader(text))
	in.Comma, in.FieldsPerRecord = separator, -1
	return readRows(in, skipped)
}

func readRows(in *csv.Reader, skipped int) ([]Row, []Fault) {
	var rows []Row
	var faults []Fault
	for {
		cells, err := in.Read()
		var wrong *csv.ParseError
		switch {
		case errors.Is(err, io.EOF):
			return rows, faults
		case errors.As(err, &wrong):
			faults = append(faults, quoteFault(wrong, skipped))
			continue
		case err != nil:
			return rows, append(faults, Fault{Message: err.Error()})
		}
		empty := true
		for n := range cells {
			cells[n] = strings.TrimSpace(cells[n])
			empty = empty && cells[n] == ""
		}
		if line, _ := in.FieldPos(0); !empty {
			rows = append(rows, Row{Line: line + skipped, Cells: cells})
		}
	}
}

// quoteFault returns what is wrong with the quotes of a line. Its place is that of a character, as there is no telling where cells end.
func quoteFault(wrong *csv.ParseError, skipped int) Fault {
	line := wrong.Line
	var message string
	switch {
	case errors.Is(wrong.Err, csv.ErrBareQuote):
		message = fmt.Sprintf("character %d: a cell that contains a quote must be in quotes, and the quote doubled, as in "+
			`"say ""hello"""`, wrong.Column)
	case errors.Is(wrong.Err, csv.ErrQuote) && wrong.StartLine != wrong.Line:
		line, message = wrong.StartLine, "a quote that begins on this line is never closed, or closed in the middle of a cell"
	default:
		message = fmt.Sprintf("character %d: after the closing quote of a cell only a separator may follow", wrong.Column)
	}
	return Fault{Line: line + skipped, Message: message}
}

// separators are what may be between cells, the first being taken where there is only one cell.
const separators = ",;\t|"

// separatorLine returns what separates cells. Some programs say so in a line before all others, which is skipped.
func separatorLine(text string) (skipped int, separator rune, rest string) {
	first, after, _ := strings.Cut(text, "\n")
	said, is := strings.CutPrefix(strings.ToLower(strings.Trim(first, `" `)), "sep=")
	if is && len(said) == 1 && strings.Contains(separators, said) {
		return 1, rune(said[0]), after
	}
	return 0, likelySeparator(text), text
}

// likelySeparator returns the separator that is most frequent in the first line with content, outside of quotes.
func likelySeparator(text string) rune {
	counts, quoted, content := map[rune]int{}, false, false
	for _, r := range text {
		if r == '"' {
			quoted = !quoted
		}
		if r == '\n' && !quoted && content {
			break
		}
		if !quoted && strings.ContainsRune(separators, r) {
			counts[r]++
		}
		content = content || r > ' '
	}
	best := ','
	for _, r := range separators {
		if counts[r] > counts[best] {
			best = r
		}
	}
	return best
}
