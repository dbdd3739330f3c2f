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

// Keys of the Secret that holds a question.
const (
	keyRecord = "record.json"
	keyName   = "name"
	keyText   = "text"
)

// maxRecord is the maximum size of a record, in bytes.
const maxRecord = 8 << 10

// Encode returns a question as the data of a Secret.
func Encode(q *Question) (map[string][]byte, error) {
	record, err := json.Marshal(q.Record)
	if err != nil {
		return nil, fmt.Errorf("cannot encode the question's record: %w", err)
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

// Decode reads a question from the data of a Secret. Errors say what is wrong and never quote the data. Fields that it does not know
// are ignored: a newer version may have written them, and after a return to this one its questions must still reach their queue.
func Decode(data map[string][]byte) (*Question, error) {
	q := &Question{Name: string(data[keyName]), Text: string(data[keyText])}
	record := data[keyRecord]
	if len(record) == 0 || len(record) > maxRecord {
		return nil, fmt.Errorf("the key %s has %d bytes: it must have 1 to %d", keyRecord, len(record), maxRecord)
	}
	decoder := json.NewDecoder(bytes.NewReader(record))
	if err := decoder.Decode(&q.Record); err != nil {
		return nil, fmt.Errorf("the key %s does not hold the record of a question", keyRecord)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("the key %s holds more than one record", keyRecord)
	}
	return q, q.check()
}

// check returns an error for what no question can be.
func (q *Question) check() error {
	switch q.State {
	case Waiting, Received, Passed, Failed:
	default:
		return errors.New("the record has an unknown state")
	}
	switch {
	case q.Organization == "" || q.Workspace == "" || q.Reference == "" || q.Queue == "":
		return errors.New("the record lacks an organization, workspace, reference or queue")
	case !isDigest(q.Asker):
		return errors.New("the record lacks the digest of the asker's address")
	case q.Open() && (q.Address == "" || q.Text == ""):
		return errors.New("the question has not been passed on and lacks an address or a text")
	case q.ends().Before(q.Asked) || q.Asked.IsZero():
		return errors.New("the record lacks the time of its state")
	}
	return q.checkText()
}

// checkText returns an error for what no asker can have written.
func (q *Question) checkText() error {
	if utf8.RuneCountInString(q.Name) > MaxName || utf8.RuneCountInString(q.Subject) > MaxSubject || len(q.Text) > MaxTextBytes {
		return errors.New("what the asker wrote is too long")
	}
	if !utf8.ValidString(q.Name) || !utf8.ValidString(q.Text) {
		return errors.New("what the asker wrote is not valid UTF-8")
	}
	return nil
}

const digestLength = 32

func isDigest(s string) bool {
	_, err := hex.DecodeString(s)
	return err == nil && len(s) == digestLength
}

// Name returns the name of the Secret for a question. The same form, sent twice with the same words, is one question.
func Name(form string, q *Question) string {
	h := sha256.New()
	for _, part := range []string{form, q.Organization, q.Workspace, q.Asker, q.Subject, q.Name, q.Text} {
		_, _ = fmt.Fprintf(h, "%d:%s", len(part), part)
	}
	return "question-" + hex.EncodeToString(h.Sum(nil)[:16])
}

// letters are those of references. None is easily mistaken for another (Crockford's alphabet).
var letters = base32.NewEncoding("0123456789ABCDEFGHJKMNPQRSTVWXYZ").WithPadding(base32.NoPadding)

// Reference returns the eight letters and digits by which people refer to the question in a Secret.
func Reference(name string) string {
	sum := sha256.Sum256([]byte("reference " + name))
	return letters.EncodeToString(sum[:5])
}
