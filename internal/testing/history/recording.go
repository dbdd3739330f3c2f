// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package history

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
)

// Recording writes revisions to a file, one a line, compressed. Replay reads them again.
type Recording struct {
	file   *os.File
	packed *gzip.Writer
	lines  *json.Encoder
}

// Record creates the file.
func Record(path string) (*Recording, error) {
	file, err := os.Create(path)
	if err != nil {
		return nil, fmt.Errorf("create the recording of a history: %w", err)
	}
	packed := gzip.NewWriter(file)
	return &Recording{file: file, packed: packed, lines: json.NewEncoder(packed)}, nil
}

// Add writes a revision.
func (r *Recording) Add(revision Revision) error { return r.lines.Encode(revision) }

// Close completes the file.
func (r *Recording) Close() error { return errors.Join(r.packed.Close(), r.file.Close()) }

// Replay calls add with each revision of a recording.
func Replay(path string, add func(Revision) error) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close() //nolint:errcheck // it was only read
	packed, err := gzip.NewReader(file)
	if err != nil {
		return fmt.Errorf("read the recording %s: %w", path, err)
	}
	lines := json.NewDecoder(bufio.NewReader(packed))
	for {
		var r Revision
		if err := lines.Decode(&r); errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return nil // the end, or that of a run that was killed
		} else if err != nil {
			return fmt.Errorf("read the recording %s: %w", path, err)
		}
		if err := add(r); err != nil {
			return err
		}
	}
}
