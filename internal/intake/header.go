// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package intake

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"
	"unicode/utf8"
)

// Limits of a header, so that a hostile one costs no more than this.
const (
	maxHeaderBytes  = 256 << 10
	maxHeaderFields = 1000
	// maxValue is how much of a field's value is kept, in bytes. It is longer than any address or keyword.
	maxValue = 4 << 10
	// maxSameName is how many fields with the same name are kept.
	maxSameName = 200
)

var (
	errHeaderTooLarge = errors.New("the header is too large")
	errNoHeader       = errors.New("there is no header")
	errNUL            = errors.New("the header contains a NUL")
)

// header is the part of a mail's header by which the mail is classified. The body of a mail is never read.
type header struct {
	// fields are the unfolded values by the name of the field in lower case, in their order.
	fields map[string][]string
	// hops is the number of Received fields.
	hops int
	// eightBit is true if the header contains non-ASCII bytes.
	eightBit bool
}

// keptFields are the names, in lower case, of the fields that are kept, besides those that start with "list-".
var keptFields = map[string]bool{
	"from": true, "auto-submitted": true, "precedence": true, "content-type": true,
	"x-autoreply": true, "x-autorespond": true, "x-autoresponse": true, loopField: true,
}

// parseHeader reads a mail up to the end of its header: an empty line or, as in mail servers, a line that is not part of a header.
func parseHeader(r io.Reader) (*header, error) {
	p := headerParser{header: &header{fields: map[string][]string{}}}
	lines := bufio.NewReader(io.LimitReader(r, maxHeaderBytes+1))
	size := 0
	for {
		piece, err := lines.ReadSlice('\n')
		size += len(piece)
		switch {
		case size > maxHeaderBytes:
			return nil, errHeaderTooLarge
		case err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, bufio.ErrBufferFull):
			return nil, err
		}
		whole := err == nil || errors.Is(err, io.EOF)
		more, parseErr := p.parse(piece, whole)
		if parseErr != nil {
			return nil, parseErr
		}
		if !more || errors.Is(err, io.EOF) {
			return p.finish()
		}
	}
}

// headerParser parses a header piece by piece. A piece is a line, or a part of a long one.
type headerParser struct {
	header *header
	// name is the name of the current field, or "" if it is not kept; value is what is kept of its value.
	name  string
	value []byte
	// count is the number of fields. inside is true if the last piece did not end its line.
	count  int
	inside bool
}

// parse parses a piece. It returns false if the header ended before it.
func (p *headerParser) parse(piece []byte, whole bool) (more bool, err error) {
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
			return false, nil // there is no field that it could continue
		}
		p.add(text)
	default:
		return p.begin(text)
	}
	p.checkEightBit(text)
	return true, nil
}

// begin parses the beginning of a field. It returns false if the line is not a field, which ends the header.
func (p *headerParser) begin(text []byte) (more bool, err error) {
	name, value, found := bytes.Cut(text, []byte(":"))
	name = bytes.TrimRight(name, " \t") // RFC 5322, 4.5: obsolete blanks before the colon
	if !found || len(name) == 0 || bytes.ContainsFunc(name, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return false, nil
	}
	p.store()
	if p.count++; p.count > maxHeaderFields {
		return false, errHeaderTooLarge
	}
	p.checkEightBit(value)
	p.name = strings.ToLower(string(name))
	if p.name == "received" {
		p.header.hops++
	}
	if !keptFields[p.name] && !strings.HasPrefix(p.name, "list-") {
		p.name = ""
	}
	p.value = p.value[:0]
	p.add(value)
	return true, nil
}

func (p *headerParser) checkEightBit(text []byte) {
	if !p.header.eightBit {
		p.header.eightBit = bytes.ContainsFunc(text, func(r rune) bool { return r >= utf8.RuneSelf })
	}
}

func (p *headerParser) add(text []byte) {
	if p.name != "" && len(p.value) <= maxValue {
		p.value = append(p.value, text[:min(len(text), maxValue+1-len(p.value))]...)
	}
}

// store keeps the current field. A value that is too long is kept as empty.
func (p *headerParser) store() {
	if p.name == "" || len(p.header.fields[p.name]) >= maxSameName {
		return
	}
	value := strings.TrimSpace(string(p.value))
	if len(p.value) > maxValue {
		value = ""
	}
	p.header.fields[p.name] = append(p.header.fields[p.name], value)
}

func (p *headerParser) finish() (*header, error) {
	p.store()
	if p.count == 0 {
		return nil, errNoHeader
	}
	return p.header, nil
}
