// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Package etcdwatch follows what kube-apiserver stores in etcd, for tests: every revision, in order, without gaps.
package etcdwatch

import (
	"context"
	"errors"
	"fmt"
	"sync"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/zap"

	"github.com/usher-operator/usher/internal/testing/history"
)

// Watch is a watch of every revision since it was started. It is safe for concurrent use.
type Watch struct {
	client *clientv3.Client
	cancel context.CancelFunc
	done   chan struct{}

	mu   sync.Mutex
	seen int64
	err  error
}

// Start follows the etcd at a URL, and calls add with each revision of an object that is judged, one after the other, in order.
func Start(ctx context.Context, url string, add func(history.Revision) error) (*Watch, error) {
	c, err := clientv3.New(clientv3.Config{Endpoints: []string{url}, Logger: zap.NewNop()})
	if err != nil {
		return nil, fmt.Errorf("connect to etcd: %w", err)
	}
	running, cancel := context.WithCancel(context.WithoutCancel(ctx))
	w := &Watch{client: c, cancel: cancel, done: make(chan struct{})}
	newest, err := w.newest(ctx)
	if err != nil {
		cancel()
		return nil, errors.Join(err, c.Close())
	}
	w.seen = newest
	go func() {
		defer close(w.done)
		w.note(0, w.follow(running, newest+1, add))
	}()
	return w, nil
}

func (w *Watch) newest(ctx context.Context) (int64, error) {
	response, err := w.client.Get(ctx, "/registry/none")
	if err != nil {
		return 0, fmt.Errorf("ask etcd for its revision: %w", err)
	}
	return response.Header.Revision, nil
}

func (w *Watch) follow(ctx context.Context, from int64, add func(history.Revision) error) error {
	// The client goes on where it was when the connection or etcd fails.
	for response := range w.client.Watch(ctx, "/registry/", clientv3.WithPrefix(), clientv3.WithRev(from), clientv3.WithProgressNotify()) {
		if err := response.Err(); err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return fmt.Errorf("follow etcd: %w", err)
		}
		for _, event := range response.Events {
			key := string(event.Kv.Key)
			if !history.Judged(key) {
				continue
			}
			r := history.Revision{Number: event.Kv.ModRevision, Key: key}
			if event.Type == clientv3.EventTypePut {
				r.Value = event.Kv.Value
			}
			if err := add(r); err != nil {
				return err
			}
		}
		w.note(response.Header.Revision, nil)
	}
	return nil
}

func (w *Watch) note(seen int64, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.seen, w.err = max(w.seen, seen), errors.Join(w.err, err)
}

// Seen returns the newest revision up to which everything was seen, and why the watch has failed, if it has.
func (w *Watch) Seen() (int64, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.seen, w.err
}

// Compact has etcd forget everything before the newest revision that was seen, so that whoever is further behind has to begin anew.
func (w *Watch) Compact(ctx context.Context) error {
	seen, err := w.Seen()
	if err != nil {
		return err
	}
	if _, err := w.client.Compact(ctx, seen); err != nil {
		return fmt.Errorf("compact etcd: %w", err)
	}
	return nil
}

// Close ends the watch.
func (w *Watch) Close() error {
	w.cancel()
	<-w.done
	return w.client.Close()
}
