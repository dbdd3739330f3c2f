// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/metrics"

	"github.com/usher-operator/usher/api/v1alpha1"
)

const (
	// calm is how long nothing must have happened before the operator is taken to be done. Its own delays are shorter.
	calm = 3 * time.Second
	// look is how often that is looked at.
	look = 200 * time.Millisecond
	// patience bounds every waiting.
	patience = 20 * time.Minute
)

// meter counts the write requests that a client makes, by verb and resource: its lease and questions about itself aside.
type meter struct {
	mu     sync.Mutex
	counts map[string]int
	last   time.Time
	// recording has every one kept in writes, for replay.
	recording bool
	writes    []write
}

// wrap is for rest.Config.Wrap.
func (m *meter) wrap(next http.RoundTripper) http.RoundTripper {
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		what := resource(r.URL.Path)
		if r.Method == http.MethodGet || what == "leases" || what == "selfsubjectreviews" {
			return next.RoundTrip(r)
		}
		if err := m.record(r); err != nil {
			return nil, err
		}
		response, err := next.RoundTrip(r)
		m.mu.Lock()
		defer m.mu.Unlock()
		m.counts[strings.ToLower(r.Method)+" "+what]++
		m.last = time.Now()
		return response, err
	})
}

// record keeps a request if that is wished.
func (m *meter) record(r *http.Request) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.recording {
		return nil
	}
	w, err := writeOf(r)
	m.writes = append(m.writes, w)
	return err
}

// until gives the writes that were begun before a time, and keeps no more.
func (m *meter) until(end time.Time) []write {
	m.mu.Lock()
	defer m.mu.Unlock()
	writes := slices.DeleteFunc(m.writes, func(w write) bool { return w.at.After(end) })
	m.recording, m.writes = false, nil
	return writes
}

// keep has what is written from now on kept.
func (m *meter) keep() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.recording = true
}

type roundTripper func(*http.Request) (*http.Response, error)

func (r roundTripper) RoundTrip(request *http.Request) (*http.Response, error) { return r(request) }

// resource gives the resource that a path of the API is about, with the subresource.
func resource(path string) string {
	parts := strings.Split(strings.Trim(path, "/"), "/")
	parts = parts[min(len(parts), map[string]int{"api": 2, "apis": 3}[parts[0]]):]
	if len(parts) > 2 && parts[0] == "namespaces" {
		parts = parts[2:]
	}
	if len(parts) > 2 {
		return parts[0] + "/" + parts[2]
	}
	return append(parts, "")[0]
}

// begin forgets what was counted, and gives the time.
func (m *meter) begin() time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.counts = map[string]int{}
	return time.Now()
}

// written gives what was counted.
func (m *meter) written() (counts map[string]int, total int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, n := range m.counts {
		total += n
	}
	return maps.Clone(m.counts), total
}

// lastWrite gives when the last write was.
func (m *meter) lastWrite() time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.last
}

// settled waits until the operator has had nothing to do for a while, and gives when it was done.
func (m *meter) settled(ctx context.Context) time.Time {
	busy := time.Now()
	check(wait.PollUntilContextTimeout(ctx, look, patience, true, func(context.Context) (bool, error) {
		working, err := atWork()
		if last := m.lastWrite(); last.After(busy) {
			busy = last
		}
		if working {
			busy = time.Now()
		}
		return time.Since(busy) > calm, err
	}))
	return busy
}

// atWork tells whether a reconciler has something to do, by the operator's own metrics.
func atWork() (bool, error) {
	families, err := metrics.Registry.Gather()
	for _, family := range families {
		if name := family.GetName(); name != "workqueue_depth" && name != "controller_runtime_active_workers" {
			continue
		}
		for _, metric := range family.GetMetric() {
			if metric.GetGauge().GetValue() > 0 {
				return true, err
			}
		}
	}
	return false, err
}

// observer sees RoleBindings appear, as anybody who watches them does.
type observer struct {
	mu sync.Mutex
	// seen holds when they appeared: by namespace, and by "user/" and the name of the person, if they are Usher's.
	seen map[string][]time.Time
}

func observe(ctx context.Context, c client.WithWatch) *observer {
	o := &observer{seen: map[string][]time.Time{}}
	events, err := c.Watch(ctx, &rbacv1.RoleBindingList{})
	check(err)
	go func() {
		for event := range events.ResultChan() {
			if b, is := event.Object.(*rbacv1.RoleBinding); is && event.Type == watch.Added {
				o.note(b)
			}
		}
	}()
	return o
}

func (o *observer) note(b *rbacv1.RoleBinding) {
	o.mu.Lock()
	defer o.mu.Unlock()
	keys := []string{b.Namespace, "user/" + b.Labels[v1alpha1.LabelUser]}
	for _, key := range keys {
		o.seen[key] = append(o.seen[key], time.Now())
	}
}

// count gives how many have appeared under a key, and when the last one did.
func (o *observer) count(key string) (int, time.Time) {
	o.mu.Lock()
	defer o.mu.Unlock()
	times := o.seen[key]
	if len(times) == 0 {
		return 0, time.Time{}
	}
	return len(times), times[len(times)-1]
}

// await waits until so many more than before have appeared under a key, and gives when the last one did.
func (o *observer) await(ctx context.Context, key string, before, more int) time.Time {
	var at time.Time
	check(wait.PollUntilContextTimeout(ctx, time.Millisecond, patience, true, func(context.Context) (bool, error) {
		n, last := o.count(key)
		at = last
		return n >= before+more, nil
	}))
	return at
}
