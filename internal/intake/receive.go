// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package intake

import (
	"bufio"
	"errors"
)

// Why the text of a mail is not kept. The rest of it is read all the same, as the client hears nothing before its end.
var (
	errTooBig  = errors.New("the mail is too large")
	errBare    = errors.New("the mail has a bare CR or LF")
	errEndless = errors.New("the mail does not end")
)

// mostUnkept is how many bytes are read of a mail that is not kept, before the connection is given up.
const mostUnkept = 1 << 30

// receiver reads a mail as it comes over the wire, up to the line with a dot alone. That line, and every other, ends with
// CRLF and nothing else: what another server could take for the end of the mail, and its rest for commands, is not let
// through (RFC 5321, 4.1.1.4).
type receiver struct {
	from  *bufio.Reader
	into  *text
	limit int64
	// fault is the first thing that is wrong; nothing is kept from then on.
	fault  error
	unkept int64
}

// receive reads all of a mail. The error is the connection's; what is wrong with the mail is fault.
func (r *receiver) receive() error {
	lineStart := true
	for {
		b, err := r.from.ReadByte()
		if err != nil {
			return err
		}
		if lineStart && b == '.' {
			if b, err = r.from.ReadByte(); err != nil { // the first of two dots stands for nothing
				return err
			}
			if b == '\r' {
				ended, err := r.lineEnd()
				if err != nil || ended {
					return err
				}
				lineStart = false
				continue
			}
		}
		switch b {
		case '\r':
			ended, err := r.lineEnd()
			if err != nil {
				return err
			}
			if lineStart = ended; ended {
				r.keep('\r')
				r.keep('\n')
			}
		case '\n':
			r.blame(errBare)
			lineStart = false
		default:
			r.keep(b)
			lineStart = false
		}
		if r.unkept > mostUnkept {
			return errEndless
		}
	}
}

// lineEnd tells whether LF comes after the CR that was read.
func (r *receiver) lineEnd() (bool, error) {
	b, err := r.from.ReadByte()
	if err != nil || b == '\n' {
		return err == nil, err
	}
	r.blame(errBare)
	return false, r.from.UnreadByte()
}

func (r *receiver) keep(b byte) {
	if r.fault != nil {
		r.unkept++
		return
	}
	if r.into.size >= r.limit {
		r.blame(errTooBig)
		return
	}
	if err := r.into.add(b); err != nil {
		r.blame(err)
	}
}

func (r *receiver) blame(fault error) {
	r.unkept++
	if r.fault == nil {
		r.fault = fault
		r.into.free()
	}
}
