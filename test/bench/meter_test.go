// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math"
	"net/http"
	"strings"
	"sync"
	"time"

	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/apimachinery/pkg/watch"
	toolscache "k8s.io/client-go/tools/cache"
	toolswatch "k8s.io/client-go/tools/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/metrics"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/mapper"
)

const (
	// look is how often that is checked.
	look = 200 * time.Millisecond
	// patience limits every wait.
	patience = 20 * time.Minute
)

// calm is how long nothing must happen before the operator counts as done with an organization of some people. The operator's own delays
// are shorter: it gathers counts until they are at rest, and longer the more members a workspace lists.
func calm(people int) time.Duration {
	return mapper.CountRest + mapper.CountDelay*time.Duration(1+people/500) + 2*look
}

// meter counts the write requests that a client makes, by verb and resource, without its lease and reviews of itself.
type meter struct {
	// calm is how long nothing must happen before the operator counts as done; zero: as long as with 5,000 people.
	calm time.Duration

	mu     sync.Mutex
	counts map[string]int
	// refused are those among them that stored nothing, with the status of the answer.
	refused map[string]int
	// ends are when the last of each kind of write ended, and last is when any did.
	ends map[string]time.Time
	last time.Time
	// recording says whether every request is kept in writes, for replay.
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
		n, err := m.record(r)
		if err != nil {
			return nil, err
		}
		response, err := next.RoundTrip(r)
		m.mu.Lock()
		defer m.mu.Unlock()
		if n < len(m.writes) {
			m.writes[n].done = time.Now()
			m.writes[n].refused = err != nil || response.StatusCode >= http.StatusBadRequest
		}
		kind := strings.ToLower(r.Method) + " " + what
		m.counts[kind]++
		if m.refused != nil && err == nil && response.StatusCode >= http.StatusBadRequest {
			m.refused[fmt.Sprintf("%s: %d", kind, response.StatusCode)]++
		}
		m.last = time.Now()
		if m.ends == nil {
			m.ends = map[string]time.Time{}
		}
		m.ends[kind] = m.last
		return response, err
	})
}

// record keeps a request if recording is on, and returns its number.
func (m *meter) record(r *http.Request) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.recording {
		return math.MaxInt, nil
	}
	w, err := writeOf(r)
	m.writes = append(m.writes, w)
	return len(m.writes) - 1, err
}

// until returns the writes that were answered before a time, and stops recording.
func (m *meter) until(end time.Time) []write {
	m.mu.Lock()
	defer m.mu.Unlock()
	writes := leastOf(m.writes, end)
	m.recording, m.writes = false, nil
	return writes
}

// leastOf returns those writes without which what a watch has seen at a time would not be there: not one that was refused, or that was
// not answered yet, or that applies the same RoleBinding again. A RoleBinding may be seen before it is answered.
func leastOf(writes []write, end time.Time) []write {
	var least []write
	applied := map[string]bool{}
	for _, w := range writes {
		answered := w.done
		if w.typ == "rolebindings" {
			answered = w.at
		}
		if w.refused || answered.IsZero() || answered.After(end) || w.typ == "events" || applied[w.uri] {
			continue
		}
		applied[w.uri] = w.typ == "rolebindings" && w.method == http.MethodPatch
		least = append(least, w)
	}
	return least
}

// keep starts recording.
func (m *meter) keep() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.recording = true
}

type roundTripper func(*http.Request) (*http.Response, error)

func (r roundTripper) RoundTrip(request *http.Request) (*http.Response, error) { return r(request) }

// resource returns the resource in a path of the API, with its subresource.
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

// begin resets the counts and returns the time.
func (m *meter) begin() time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.counts, m.refused = map[string]int{}, map[string]int{}
	return time.Now()
}

// written returns the counts.
func (m *meter) written() (counts map[string]int, total int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, n := range m.counts {
		total += n
	}
	return maps.Clone(m.counts), total
}

// failed returns how many writes of each kind stored nothing, by the status of the answer.
func (m *meter) failed() map[string]int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return maps.Clone(m.refused)
}

// count returns how many writes of a kind there were.
func (m *meter) count(kind string) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.counts[kind]
}

// lastOf returns when the last write of some kinds ended.
func (m *meter) lastOf(kinds ...string) time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	var last time.Time
	for _, kind := range kinds {
		if at := m.ends[kind]; at.After(last) {
			last = at
		}
	}
	return last
}

// lastWrite returns the time of the last write.
func (m *meter) lastWrite() time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.last
}

// settled waits until the operator has had nothing to do for a while, and returns when it was done.
func (m *meter) settled(ctx context.Context) time.Time {
	busy, working := time.Now(), ""
	err := wait.PollUntilContextTimeout(ctx, look, patience, true, func(context.Context) (bool, error) {
		var err error
		working, err = atWork()
		if last := m.lastWrite(); last.After(busy) {
			busy = last
		}
		if working != "" {
			busy = time.Now()
		}
		return time.Since(busy) > cmp.Or(m.calm, calm(people)), err
	})
	if err != nil {
		counts, _ := m.written()
		check(fmt.Errorf("the operator is still at work after %s (%s), after the writes %v: %w", patience, working, counts, err))
	}
	return busy
}

// awaitIdle waits until no reconciler has had anything to do for a while, whatever was written.
func awaitIdle(ctx context.Context) error {
	busy := time.Now()
	return wait.PollUntilContextTimeout(ctx, look, patience, true, func(context.Context) (bool, error) {
		working, err := atWork()
		if working != "" {
			busy = time.Now()
		}
		return time.Since(busy) > calm(people), err
	})
}

// atWork names a metric of the operator's own by which a reconciler has something to do; empty: none has.
func atWork() (string, error) {
	families, err := metrics.Registry.Gather()
	for _, family := range families {
		if name := family.GetName(); name != "workqueue_depth" && name != "controller_runtime_active_workers" {
			continue
		}
		for _, metric := range family.GetMetric() {
			if metric.GetGauge().GetValue() > 0 {
				return fmt.Sprintf("%s %v", family.GetName(), metric.GetLabel()), err
			}
		}
	}
	return "", err
}

// observer sees RoleBindings appear, as any watch does.
type observer struct {
	mu sync.Mutex
	// seen holds when they appeared: by namespace and, if they are Usher's, by "user/" and the name of the person.
	seen map[string][]time.Time
}

func observe(ctx context.Context, c client.WithWatch) *observer {
	o := &observer{seen: map[string][]time.Time{}}
	var now rbacv1.RoleBindingList
	check(c.List(ctx, &now, client.Limit(1)))
	// On a busy machine, a watch is cut off.
	events, err := toolswatch.NewRetryWatcherWithContext(ctx, now.ResourceVersion, &toolscache.ListWatch{
		WatchFuncWithContext: func(ctx context.Context, options metav1.ListOptions) (watch.Interface, error) {
			return c.Watch(ctx, &rbacv1.RoleBindingList{}, &client.ListOptions{Raw: &options})
		},
	})
	check(err)
	go func() {
		for event := range events.ResultChan() {
			if b, is := event.Object.(*rbacv1.RoleBinding); is && event.Type == watch.Added && b.Annotations[formerly] == "" {
				o.note(b)
			}
		}
		if ctx.Err() == nil {
			panic("the API server has ended the watch for RoleBindings")
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

// count returns how many have appeared under a key, and when the last one did.
func (o *observer) count(key string) (int, time.Time) {
	o.mu.Lock()
	defer o.mu.Unlock()
	times := o.seen[key]
	if len(times) == 0 {
		return 0, time.Time{}
	}
	return len(times), times[len(times)-1]
}

// await waits until the given number more than before have appeared under a key, and returns when the last one did.
func (o *observer) await(ctx context.Context, key string, before, more int) time.Time {
	var at time.Time
	var n int
	err := wait.PollUntilContextTimeout(ctx, time.Millisecond, patience, true, func(context.Context) (bool, error) {
		n, at = o.count(key)
		return n >= before+more, nil
	})
	if err != nil {
		check(fmt.Errorf("%d of %d RoleBindings of %s have appeared after %s: %w", n-before, more, key, patience, err))
	}
	return at
}
