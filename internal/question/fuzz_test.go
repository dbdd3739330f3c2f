// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package question

import (
	"reflect"
	"testing"
	"time"

	"github.com/usher-operator/usher/internal/delivery/attempt"
)

// FuzzDecode: whatever lies in a Secret is read without harm, and what can be read comes back as it is written.
func FuzzDecode(f *testing.F) {
	q := asked()
	data, err := Encode(q)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data[keyRecord], data[keyName], data[keyText])
	q.Confirm(noon)
	q.Note(KindQuestion, attempt.Result{}, noon)
	if data, err = Encode(q); err != nil {
		f.Fatal(err)
	}
	f.Add(data[keyRecord], []byte(nil), []byte(nil))
	f.Add([]byte(`{"state":"Received","asked":"9999-12-31T23:59:59Z"}`), []byte("x"), []byte("y"))
	f.Fuzz(func(t *testing.T, record, name, text []byte) {
		read, err := Decode(map[string][]byte{keyRecord: record, keyName: name, keyText: text})
		if err != nil {
			return
		}
		if read.Wait(noon) <= 0 {
			t.Errorf("a question that is kept waits for something")
		}
		written, err := Encode(read)
		if err != nil {
			t.Fatalf("what was read cannot be written: %v", err)
		}
		if len(written[keyRecord]) > maxRecord {
			return // escaping makes the longest records longer
		}
		again, err := Decode(written)
		if err != nil || !sameQuestion(again, read) {
			t.Fatalf("read %+v, then %+v: %v", read, again, err)
		}
		for _, kind := range due(read, noon) {
			read.Note(kind, attempt.Result{Error: "x"}, noon)
			if read.Mail(kind).NextAttempt.Before(noon.Add(time.Second)) {
				t.Errorf("mail %s is tried again at once", kind)
			}
		}
	})
}

// sameQuestion compares two questions by what is written of them.
func sameQuestion(a, b *Question) bool {
	one, errOne := Encode(a)
	two, errTwo := Encode(b)
	return errOne == nil && errTwo == nil && reflect.DeepEqual(one, two)
}
