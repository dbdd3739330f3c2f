// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"bufio"
	"context"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/util/retry"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/testing/maxima"
	"github.com/usher-operator/usher/internal/testing/operator"
	"github.com/usher-operator/usher/internal/testing/ports"
	"github.com/usher-operator/usher/internal/testing/suite"
)

// BenchmarkHeap measures the memory of the operator's process against a real control plane: at start, with an organization of 1,000
// people, or as many as USHER_BENCH_PEOPLE says, in 32 groups, and while objects at the API's maxima come: a workspace with 10,000 members, 1,000 devices and 64 contacts, and
// an organization with 64 contacts and 32 modules that everybody requests.
func BenchmarkHeap(b *testing.B) {
	people := 1000
	if text := os.Getenv("USHER_BENCH_PEOPLE"); text != "" {
		var err error
		people, err = strconv.Atoi(text)
		must(b, err)
	}
	ctx := b.Context()
	all := suite.Start(b, nil)
	past := all.Env.As("system:kube-controller-manager", "system:masters")
	options, err := operator.Options(all.Env, all.Mailbox)
	must(b, err)
	options.SkipNameValidation = false
	options.MetricsAddress, err = ports.Address()
	must(b, err)
	binary, err := operator.Build(ctx, b.TempDir())
	must(b, err)
	process, err := operator.Launch(all.Env.OperatorConfig(), binary, options)
	must(b, err)
	b.Cleanup(func() { must(b, process.Kill()) })
	must(b, process.AwaitReady(ctx))
	heap := newHeapMeter(ctx, "http://"+options.MetricsAddress+"/metrics")
	heap.report(b, "start")

	must(b, past.Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: maxima.Namespace}}))
	o := maxima.Organization()
	for n := range o.Spec.Subscription.Modules {
		o.Spec.Subscription.Modules[n].ClusterRoleName = ""
	}
	put(ctx, past, o)
	users := maxima.Users(people, v1alpha1.RoleMember)
	work := make(chan *v1alpha1.OrgUser)
	var workers sync.WaitGroup
	for range concurrency {
		workers.Go(func() {
			for u := range work {
				u.Spec.Workspaces = nil
				put(ctx, past, u)
			}
		})
	}
	for _, u := range users {
		work <- u
	}
	close(work)
	workers.Wait()
	heap.settle(ctx)
	heap.report(b, "people")

	w := maxima.Workspace()
	w.Spec.Members, w.Spec.Devices = w.Spec.Members[maxima.Groups:], nil // their addresses, not their groups
	w.Spec.Contacts = nil
	put(ctx, past, w)
	heap.settle(ctx)
	heap.report(b, "members")
	for n := range 5 {
		before := w.DeepCopy()
		w.Spec.DisplayName = v1alpha1.DisplayName("Support " + strconv.Itoa(n))
		must(b, patiently(func() error { return past.Patch(ctx, w, client.MergeFrom(before)) }))
	}
	heap.settle(ctx)
	heap.report(b, "changes")
	for b.Loop() {
		continue
	}
}

// put creates an object that was built for a cache in memory.
func put(ctx context.Context, c client.Client, o client.Object) {
	o.SetUID("")
	o.SetGeneration(0)
	o.SetCreationTimestamp(metav1.Time{})
	o.SetFinalizers(nil)
	check(patiently(func() error { return client.IgnoreAlreadyExists(c.Create(ctx, o)) }))
}

// patiently tries a request again that a busy API server has not answered in time.
func patiently(request func() error) error {
	return retry.OnError(wait.Backoff{Steps: 10, Duration: time.Second}, apierrors.IsTimeout, request)
}

// heapMeter samples the memory of a process by its metrics.
type heapMeter struct {
	url    string
	mu     sync.Mutex
	values map[string]float64
	peak   map[string]float64
}

func newHeapMeter(ctx context.Context, url string) *heapMeter {
	h := &heapMeter{url: url, values: map[string]float64{}, peak: map[string]float64{}}
	h.sample(ctx)
	go wait.UntilWithContext(ctx, h.sample, 100*time.Millisecond)
	return h
}

func (h *heapMeter) sample(ctx context.Context) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, h.url, nil)
	check(err)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return // the operator has ended
	}
	defer response.Body.Close()
	h.mu.Lock()
	defer h.mu.Unlock()
	for lines := bufio.NewScanner(response.Body); lines.Scan(); {
		name, value, found := strings.Cut(lines.Text(), " ")
		switch name {
		case "go_memstats_heap_alloc_bytes", "go_memstats_heap_inuse_bytes", "process_resident_memory_bytes", "process_cpu_seconds_total":
			n, err := strconv.ParseFloat(value, 64)
			if found && err == nil {
				h.values[name], h.peak[name] = n, max(h.peak[name], n)
			}
		}
	}
}

// settle waits until the process is idle.
func (h *heapMeter) settle(ctx context.Context) {
	for idle := 0; idle < 3 && ctx.Err() == nil; {
		before := h.value("process_cpu_seconds_total")
		time.Sleep(2 * time.Second)
		if idle++; h.value("process_cpu_seconds_total")-before > 0.2 {
			idle = 0
		}
	}
}

func (h *heapMeter) value(name string) float64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.values[name]
}

// report reports the peak of the memory since the last report.
func (h *heapMeter) report(b *testing.B, what string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for name, unit := range map[string]string{
		"go_memstats_heap_alloc_bytes": "heap", "go_memstats_heap_inuse_bytes": "inuse", "process_resident_memory_bytes": "rss",
	} {
		b.ReportMetric(h.peak[name]/(1<<20), what+"-"+unit+"-MiB")
		b.Logf("%s: %s peaks at %.0f MiB, now %.0f MiB", what, unit, h.peak[name]/(1<<20), h.values[name]/(1<<20))
		h.peak[name] = h.values[name]
	}
}
