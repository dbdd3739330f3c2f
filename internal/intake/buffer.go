// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package intake

import (
	"errors"
	"io"
	"sync/atomic"
)

const (
	firstChunk = 8 << 10
	laterChunk = 128 << 10
)

var errOutOfMemory = errors.New("the memory for mails is exhausted")

// memory is the memory that all mails in transit share, in bytes.
type memory struct {
	limit int64
	used  atomic.Int64
}

func (m *memory) reserve(n int64) bool {
	if m.used.Add(n) <= m.limit {
		return true
	}
	m.used.Add(-n)
	return false
}

// buffer holds a mail as it was received.
type buffer struct {
	memory *memory
	chunks [][]byte
	size   int64
	held   int64
	// eightBit is true if the mail contains non-ASCII bytes.
	eightBit bool
}

// add appends a byte. It fails if there is no memory left.
func (b *buffer) add(c byte) error {
	last := len(b.chunks) - 1
	if last < 0 || len(b.chunks[last]) == cap(b.chunks[last]) {
		size := firstChunk
		if last >= 0 {
			size = laterChunk
		}
		if !b.memory.reserve(int64(size)) {
			return errOutOfMemory
		}
		b.held += int64(size)
		b.chunks = append(b.chunks, make([]byte, 0, size))
		last++
	}
	b.chunks[last] = append(b.chunks[last], c)
	b.size++
	if c >= 0x80 {
		b.eightBit = true
	}
	return nil
}

// free releases the memory. The buffer is empty then.
func (b *buffer) free() {
	b.memory.used.Add(-b.held)
	b.chunks, b.size, b.held = nil, 0, 0
}

// reader returns a reader that starts at the beginning of the mail.
func (b *buffer) reader() io.ReadSeeker { return &bufferReader{buffer: b} }

type bufferReader struct {
	buffer *buffer
	chunk  int
	offset int
}

// Read implements io.Reader.
func (r *bufferReader) Read(p []byte) (int, error) {
	for r.chunk < len(r.buffer.chunks) {
		n := copy(p, r.buffer.chunks[r.chunk][r.offset:])
		if n > 0 || len(p) == 0 {
			r.offset += n
			return n, nil
		}
		r.chunk, r.offset = r.chunk+1, 0
	}
	return 0, io.EOF
}

// Seek goes back to the beginning, which is the only position that it supports.
func (r *bufferReader) Seek(offset int64, whence int) (int64, error) {
	if offset != 0 || whence != io.SeekStart {
		return 0, errors.New("cannot seek other than to the beginning")
	}
	r.chunk, r.offset = 0, 0
	return 0, nil
}
