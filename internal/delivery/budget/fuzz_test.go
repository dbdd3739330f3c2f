// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package budget_test

import (
	"encoding/json"
	"maps"
	"testing"
	"time"

	"github.com/usher-operator/usher/internal/delivery/budget"
)

// FuzzRestore reads any record of what was sent. It never makes a message wait for longer than its budget takes to come back, is the same
// when it is restored again, and survives a restart.
func FuzzRestore(f *testing.F) {
	now := time.Date(2026, time.November, 30, 10, 0, 0, 0, time.UTC)
	used := budget.NewLedger(budget.Default())
	messages := []budget.Message{{Stream: budget.Invitations, Destination: "ana@acme.example"}, {Stream: budget.Phones, Destination: "+34600000000"}}
	for range 20 {
		used.Reserve(budget.Requester{Tenant: "acme", Object: "x"}, messages, len(messages), now)
	}
	genuine, err := json.Marshal(used.Record(now))
	if err != nil {
		f.Fatal(err)
	}
	for _, text := range []string{string(genuine), "{}", "null", `{"invitations":1}`, `{"phones":1}`, `{"invitations/acme/24":99999999999}`, `{"/":1,"//":-1,"invitations/":9223372036854775807}`} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var record budget.Record
		if json.Unmarshal(text, &record) != nil {
			return
		}
		l := budget.NewLedger(budget.Default())
		l.Restore(record, now)
		once := l.Record(now)
		l.Restore(record, now)
		if twice := l.Record(now); !maps.Equal(once, twice) {
			t.Fatalf("%v became %v", once, twice)
		}
		again := budget.NewLedger(budget.Default())
		again.Restore(once, now)
		if kept := again.Record(now); !maps.Equal(once, kept) {
			t.Fatalf("after a restart %v is %v", once, kept)
		}
		_, held := l.Reserve(budget.Requester{Tenant: "acme", Object: "x"}, messages, len(messages), now)
		for n, hold := range held {
			if wait := hold.Until.Sub(now); wait <= 0 || wait > 25*time.Hour || hold.Budget == "" {
				t.Fatalf("%v waits for %s: %+v", messages[n], wait, hold)
			}
		}
	})
}
