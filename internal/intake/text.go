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

var errOutOfMemory = errors.New("the memory for mails is used up")

// memory is what all mails under way share, in bytes.
type memory struct {
	limit int64
	used  atomic.Int64
}

func (m *memory) take(n int64) bool {
	if m.used.Add(n) <= m.limit {
		return true
	}
	m.used.Add(-n)
	return false
}

// text is a mail as it came: in memory, and nowhere else.
type text struct {
	memory *memory
	chunks [][]byte
	size   int64
	held   int64
	// eightBit tells that there are bytes beyond ASCII.
	eightBit bool
}

// add puts a byte at the end. It fails when there is no memory left.
func (t *text) add(b byte) error {
	last := len(t.chunks) - 1
	if last < 0 || len(t.chunks[last]) == cap(t.chunks[last]) {
		size := firstChunk
		if last >= 0 {
			size = laterChunk
		}
		if !t.memory.take(int64(size)) {
			return errOutOfMemory
		}
		t.held += int64(size)
		t.chunks = append(t.chunks, make([]byte, 0, size))
		last++
	}
	t.chunks[last] = append(t.chunks[last], b)
	t.size++
	if b >= 0x80 {
		t.eightBit = true
	}
	return nil
}

// free gives the memory back. The text is empty then.
func (t *text) free() {
	t.memory.used.Add(-t.held)
	t.chunks, t.size, t.held = nil, 0, 0
}

// reader reads the text from its beginning.
func (t *text) reader() io.ReadSeeker { return &textReader{text: t} }

type textReader struct {
	text   *text
	chunk  int
	offset int
}

// Read implements io.Reader.
func (r *textReader) Read(b []byte) (int, error) {
	for r.chunk < len(r.text.chunks) {
		n := copy(b, r.text.chunks[r.chunk][r.offset:])
		if n > 0 || len(b) == 0 {
			r.offset += n
			return n, nil
		}
		r.chunk, r.offset = r.chunk+1, 0
	}
	return 0, io.EOF
}

// Seek goes back to the beginning, which is the only place to go to.
func (r *textReader) Seek(offset int64, whence int) (int64, error) {
	if offset != 0 || whence != io.SeekStart {
		return 0, errors.New("a mail is read from its beginning")
	}
	r.chunk, r.offset = 0, 0
	return 0, nil
}
