// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package intake

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"
)

// Bounds of a header: a hostile one costs no more than this.
const (
	maxHeaderBytes  = 256 << 10
	maxHeaderFields = 1000
	// maxValue bounds what is kept of a field's value, in bytes: more than any address or keyword is long.
	maxValue = 4 << 10
	// maxSame bounds how many fields of one name are kept.
	maxSame = 200
)

var (
	errHeaderTooBig = errors.New("the header is too large")
	errNoHeader     = errors.New("there is no header")
	errNUL          = errors.New("the header holds a NUL")
)

// header is what counts of a mail's header: the fields by which a mail is judged. The text of the mail is never read.
type header struct {
	// fields are values by the name in small letters, unfolded, in the order in which they stand.
	fields map[string][]string
	// hops is the number of Received fields.
	hops int
	// eightBit tells that there are bytes beyond ASCII.
	eightBit bool
}

// judged are the names, in small letters, of the fields that are kept, and those that begin with "list-".
var judged = map[string]bool{
	"from": true, "auto-submitted": true, "precedence": true, "content-type": true, "x-auto-response-suppress": true,
	"x-autoreply": true, "x-autorespond": true, "x-autoresponse": true, loopField: true,
}

// parseHeader reads a mail up to the end of its header: an empty line, or, as mail servers do, a line that belongs to none.
func parseHeader(r io.Reader) (*header, error) {
	p := headerParser{header: &header{fields: map[string][]string{}}}
	lines := bufio.NewReader(io.LimitReader(r, maxHeaderBytes+1))
	size := 0
	for {
		piece, err := lines.ReadSlice('\n')
		size += len(piece)
		switch {
		case size > maxHeaderBytes:
			return nil, errHeaderTooBig
		case err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, bufio.ErrBufferFull):
			return nil, err
		}
		whole := err == nil || errors.Is(err, io.EOF)
		more, parseErr := p.take(piece, whole)
		if parseErr != nil {
			return nil, parseErr
		}
		if !more || errors.Is(err, io.EOF) {
			return p.end()
		}
	}
}

// headerParser is given a header piece by piece: a line, or a part of a long one.
type headerParser struct {
	header *header
	// name is that of the field under way, empty when it is none of those kept; value is what is kept of it.
	name  string
	value []byte
	// count is the number of fields, inside tells that the last piece was no whole line.
	count  int
	inside bool
}

// take reads a piece; false: the header ended before it.
func (p *headerParser) take(piece []byte, whole bool) (more bool, err error) {
	inside := p.inside
	p.inside = !whole
	if bytes.IndexByte(piece, 0) >= 0 {
		return false, errNUL
	}
	text := bytes.TrimRight(piece, "\r\n")
	switch {
	case inside:
		p.add(text)
	case len(text) == 0:
		return false, nil
	case text[0] == ' ' || text[0] == '\t':
		if p.count == 0 {
			return false, nil // nothing that it could go on from
		}
		p.add(text)
	default:
		return p.begin(text)
	}
	p.note(text)
	return true, nil
}

// begin reads the beginning of a field; false: the line is none, which ends the header.
func (p *headerParser) begin(text []byte) (more bool, err error) {
	name, value, found := bytes.Cut(text, []byte(":"))
	name = bytes.TrimRight(name, " \t") // RFC 5322, 4.5: blanks before the colon are of old
	if !found || len(name) == 0 || bytes.ContainsFunc(name, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return false, nil
	}
	p.store()
	if p.count++; p.count > maxHeaderFields {
		return false, errHeaderTooBig
	}
	p.note(value)
	p.name = strings.ToLower(string(name))
	if p.name == "received" {
		p.header.hops++
	}
	if !judged[p.name] && !strings.HasPrefix(p.name, "list-") {
		p.name = ""
	}
	p.value = p.value[:0]
	p.add(value)
	return true, nil
}

func (p *headerParser) note(text []byte) {
	if !p.header.eightBit {
		p.header.eightBit = bytes.ContainsFunc(text, func(r rune) bool { return r > '~' })
	}
}

func (p *headerParser) add(text []byte) {
	if p.name != "" && len(p.value) <= maxValue {
		p.value = append(p.value, text[:min(len(text), maxValue+1-len(p.value))]...)
	}
}

// store keeps the field under way. A value that is too long says nothing: it is kept as empty.
func (p *headerParser) store() {
	if p.name == "" || len(p.header.fields[p.name]) >= maxSame {
		return
	}
	value := strings.TrimSpace(string(p.value))
	if len(p.value) > maxValue {
		value = ""
	}
	p.header.fields[p.name] = append(p.header.fields[p.name], value)
}

func (p *headerParser) end() (*header, error) {
	p.store()
	if p.count == 0 {
		return nil, errNoHeader
	}
	return p.header, nil
}
