// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package leadership

import (
	"context"
	"encoding/json"
	"errors"
	"sync"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
)

// register is where the record of a lease is kept, as the API server keeps it: a write of an old version fails.
type register struct {
	mu      sync.Mutex
	record  *resourcelock.LeaderElectionRecord
	version int
	away    bool
}

// goAway has the register answer nobody, until it is back.
func (r *register) goAway(away bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.away = away
}

func (r *register) holder() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.record == nil {
		return ""
	}
	return r.record.HolderIdentity
}

// lockOf is a replica's view of a register.
type lockOf struct {
	*register

	identity string
	seen     int
}

var errAway = errors.New("connection refused")

func (l *lockOf) Get(context.Context) (*resourcelock.LeaderElectionRecord, []byte, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.away:
		return nil, nil, errAway
	case l.record == nil:
		return nil, nil, apierrors.NewNotFound(schema.GroupResource{Resource: "leases"}, "lease")
	}
	l.seen = l.version
	record := *l.record
	raw, err := json.Marshal(record)
	return &record, raw, err
}

func (l *lockOf) Create(ctx context.Context, record resourcelock.LeaderElectionRecord) error {
	l.mu.Lock()
	exists := l.record != nil
	l.mu.Unlock()
	if exists {
		return errors.New("exists")
	}
	return l.Update(ctx, record)
}

func (l *lockOf) Update(_ context.Context, record resourcelock.LeaderElectionRecord) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.away:
		return errAway
	case l.seen != l.version:
		return errors.New("conflict")
	}
	l.version++
	l.seen, l.record = l.version, &record
	return nil
}

func (*lockOf) RecordEvent(string) {}
func (l *lockOf) Identity() string { return l.identity }
func (*lockOf) Describe() string   { return "lease" }
