// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package question

import (
	"bytes"
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"
)

// Keys of a Secret that holds a question.
const (
	keyRecord = "record.json"
	keyName   = "name"
	keyText   = "text"
)

// maxRecord bounds the record of a question, in bytes.
const maxRecord = 8 << 10

// Encode writes a question as a Secret holds it.
func Encode(q *Question) (map[string][]byte, error) {
	record, err := json.Marshal(q.Record)
	if err != nil {
		return nil, fmt.Errorf("the question's record cannot be written: %w", err)
	}
	data := map[string][]byte{keyRecord: record}
	if q.Name != "" {
		data[keyName] = []byte(q.Name)
	}
	if q.Text != "" {
		data[keyText] = []byte(q.Text)
	}
	return data, nil
}

// Decode reads a question. The error says what is wrong and never holds what is read.
func Decode(data map[string][]byte) (*Question, error) {
	q := &Question{Name: string(data[keyName]), Text: string(data[keyText])}
	record := data[keyRecord]
	if len(record) == 0 || len(record) > maxRecord {
		return nil, fmt.Errorf("the key %s has %d bytes: it must have 1 to %d", keyRecord, len(record), maxRecord)
	}
	decoder := json.NewDecoder(bytes.NewReader(record))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&q.Record); err != nil {
		return nil, fmt.Errorf("the key %s is no record of a question", keyRecord)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("the key %s holds more than one record", keyRecord)
	}
	return q, q.check()
}

// check tells what no question can be.
func (q *Question) check() error {
	switch q.State {
	case Waiting, Received, Passed, Failed:
	default:
		return errors.New("the question is in no known state")
	}
	switch {
	case q.Organization == "" || q.Workspace == "" || q.Reference == "" || q.Queue == "":
		return errors.New("the record names no organization, workspace, reference or queue")
	case !isDigest(q.Asker):
		return errors.New("the record holds no digest of an address")
	case q.Open() && (q.Address == "" || q.Text == ""):
		return errors.New("the question is not passed on, and lacks its address or its text")
	case q.ends().Before(q.Asked) || q.Asked.IsZero():
		return errors.New("the record lacks the time of its state")
	}
	return q.checkText()
}

// checkText tells what no asker can have written.
func (q *Question) checkText() error {
	if utf8.RuneCountInString(q.Name) > MaxName || utf8.RuneCountInString(q.Subject) > MaxSubject || len(q.Text) > MaxTextBytes {
		return errors.New("what the asker wrote is longer than it can be")
	}
	if !utf8.ValidString(q.Name) || !utf8.ValidString(q.Text) {
		return errors.New("what the asker wrote is no text")
	}
	return nil
}

const digestLength = 32

func isDigest(s string) bool {
	_, err := hex.DecodeString(s)
	return err == nil && len(s) == digestLength
}

// Name gives the name of the Secret that holds a question: the same form, sent twice with the same words, is one question.
func Name(form string, q *Question) string {
	h := sha256.New()
	for _, part := range []string{form, q.Organization, q.Workspace, q.Asker, q.Subject, q.Name, q.Text} {
		_, _ = fmt.Fprintf(h, "%d:%s", len(part), part)
	}
	return "question-" + hex.EncodeToString(h.Sum(nil)[:16])
}

// letters are those of references: none that is taken for another (Crockford's).
var letters = base32.NewEncoding("0123456789ABCDEFGHJKMNPQRSTVWXYZ").WithPadding(base32.NoPadding)

// Reference gives the eight letters and digits by which people name the question of a Secret.
func Reference(name string) string {
	sum := sha256.Sum256([]byte("reference " + name))
	return letters.EncodeToString(sum[:5])
}
