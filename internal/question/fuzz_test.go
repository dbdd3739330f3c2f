// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package question

import (
	"reflect"
	"testing"
	"time"

	"github.com/usher-operator/usher/internal/delivery/attempt"
)

// FuzzDecode reads any data without harm; what it can read is the same after it has been written.
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
			t.Errorf("a question that is kept must wait for something")
		}
		written, err := Encode(read)
		if err != nil {
			t.Fatalf("cannot write what was read: %v", err)
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
