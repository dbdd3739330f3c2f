// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package intake

import (
	"bufio"
	"errors"
)

// Why a mail is discarded. The rest of it is still read, because the client expects no reply before its end.
var (
	errTooLarge    = errors.New("the mail is too large")
	errBareLineEnd = errors.New("the mail contains a bare CR or LF")
	errEndless     = errors.New("the mail does not end")
)

// maxDiscarded is how many bytes of a discarded mail are read before the connection is closed.
const maxDiscarded = 1 << 30

// receiver reads a mail in wire format up to the line that contains only a dot. Every line has to end with CRLF and nothing else:
// otherwise another server could find an earlier end of the mail, and take the rest for commands (RFC 5321, 4.1.1.4).
type receiver struct {
	from  *bufio.Reader
	into  *buffer
	limit int64
	// fault is the first thing that is wrong with the mail, which is discarded from then on.
	fault     error
	discarded int64
}

// receive reads all of a mail. The error is that of the connection; what is wrong with the mail is in fault.
func (r *receiver) receive() error {
	lineStart := true
	for {
		b, err := r.from.ReadByte()
		if err != nil {
			return err
		}
		if lineStart && b == '.' {
			if b, err = r.from.ReadByte(); err != nil { // the first of two dots is an escape
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
			r.discard(errBareLineEnd)
			lineStart = false
		default:
			r.keep(b)
			lineStart = false
		}
		if r.discarded > maxDiscarded {
			return errEndless
		}
	}
}

// lineEnd reads the LF after a CR. It reports whether there is one; if not, the mail is discarded.
func (r *receiver) lineEnd() (bool, error) {
	b, err := r.from.ReadByte()
	if err != nil || b == '\n' {
		return err == nil, err
	}
	r.discard(errBareLineEnd)
	return false, r.from.UnreadByte()
}

// keep adds a byte to the mail, unless the mail is discarded.
func (r *receiver) keep(b byte) {
	if r.fault != nil {
		r.discarded++
		return
	}
	if r.into.size >= r.limit {
		r.discard(errTooLarge)
		return
	}
	if err := r.into.add(b); err != nil {
		r.discard(err)
	}
}

// discard counts a byte that is not kept, and discards the mail.
func (r *receiver) discard(fault error) {
	r.discarded++
	if r.fault == nil {
		r.fault = fault
		r.into.free()
	}
}
