// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"strconv"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"

	"github.com/usher-operator/usher/internal/testing/operator"
	"github.com/usher-operator/usher/internal/testing/ports"
)

// Metrics of the operator's process.
const (
	lastCollection = "go_memstats_last_gc_time_seconds"
	liveHeap       = "go_gc_heap_live_bytes"
	resident       = "process_resident_memory_bytes"
)

// sizedProcess is the operator, and what it takes.
type sizedProcess struct {
	*operator.Process

	metrics string
	// group is the memory cgroup; empty: there is none.
	group string
}

// launch starts the operator, in a memory cgroup of its own if there is a limit.
func (s *sizing) launch(b *testing.B, limitMiB int) *sizedProcess {
	options, err := operator.Options(s.env, s.all.Mailbox)
	must(b, err)
	options.SkipNameValidation = false
	options.MetricsAddress, err = ports.Address()
	must(b, err)
	binary, group := s.binary, ""
	if limitMiB > 0 {
		binary, group = confined(b, binary, limitMiB)
	}
	p, err := operator.Launch(s.env.OperatorConfig(), binary, options)
	must(b, err)
	b.Cleanup(func() { must(b, p.Kill()) })
	return &sizedProcess{Process: p, metrics: "http://" + options.MetricsAddress + "/metrics", group: group}
}

// confined returns a program that starts the operator in a memory cgroup (v1), as the kubelet does: the group exists, with its limit,
// before the program starts. Group is its directory.
func confined(b *testing.B, binary string, limitMiB int) (program, group string) {
	own := ""
	lines, err := os.ReadFile("/proc/self/cgroup")
	must(b, err)
	for line := range strings.Lines(string(lines)) {
		if parts := strings.SplitN(strings.TrimSpace(line), ":", 3); parts[1] == "memory" {
			own = parts[2]
		}
	}
	group = filepath.Join("/sys/fs/cgroup/memory", own, fmt.Sprintf("usher-sizing-%d", time.Now().UnixNano()))
	must(b, os.Mkdir(group, 0o755))
	b.Cleanup(func() { _ = os.Remove(group) }) // it is busy if the operator could not be stopped, which fails anyway
	must(b, os.WriteFile(filepath.Join(group, "memory.limit_in_bytes"), []byte(strconv.Itoa(limitMiB<<20)), 0o600))
	script := filepath.Join(b.TempDir(), "usher")
	must(b, os.WriteFile(script, fmt.Appendf(nil, "#!/bin/sh\necho $$ >%s/cgroup.procs\nexec %s \"$@\"\n", group, binary), 0o700))
	return script, group
}

// groupPeakMiB returns the most that the process's cgroup has had, with the pages of the program.
func (p *sizedProcess) groupPeakMiB() float64 {
	if p.group == "" {
		return 0
	}
	text, err := os.ReadFile(filepath.Join(p.group, "memory.max_usage_in_bytes"))
	check(err)
	bytes, err := strconv.ParseFloat(strings.TrimSpace(string(text)), 64)
	check(err)
	return bytes / (1 << 20)
}

// awaitReady waits until the operator is ready, however long that takes.
func (p *sizedProcess) awaitReady(ctx context.Context, b *testing.B) {
	must(b, wait.PollUntilContextTimeout(ctx, 20*time.Millisecond, patience, true, func(ctx context.Context) (bool, error) {
		select {
		case <-p.Ended():
			log, _ := p.Log()
			return false, fmt.Errorf("the operator ended:\n%s", log[max(0, len(log)-2000):])
		default:
		}
		code, _ := p.get(ctx, p.HealthURL+"/readyz")
		return code == http.StatusOK, nil
	}))
}

// get returns the answer to a request; the code is 0 if there is none.
func (p *sizedProcess) get(ctx context.Context, url string) (code int, body string) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	check(err)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, ""
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		return 0, ""
	}
	return response.StatusCode, string(content)
}

// value returns the sum of a metric's values.
func (p *sizedProcess) value(ctx context.Context, name string) (sum float64) {
	_, body := p.get(ctx, p.metrics)
	for lines := bufio.NewScanner(strings.NewReader(body)); lines.Scan(); {
		metric, text, _ := strings.Cut(lines.Text(), " ")
		if metric, _, _ = strings.Cut(metric, "{"); metric == name {
			n, err := strconv.ParseFloat(text[strings.LastIndex(text, " ")+1:], 64)
			check(err)
			sum += n
		}
	}
	return sum
}

// settle waits until the queues are empty and the process uses next to no CPU.
func (p *sizedProcess) settle(ctx context.Context) {
	p.settleFor(ctx, patience)
}

// settleFor does the same, but for no longer than a while, and ends when the process does.
func (p *sizedProcess) settleFor(ctx context.Context, longest time.Duration) {
	for calm, end := 0, time.Now().Add(longest); calm < 3 && ctx.Err() == nil && time.Now().Before(end); calm++ {
		select {
		case <-p.Ended():
			return
		default:
		}
		before := p.cpu()
		time.Sleep(2 * time.Second)
		if p.cpu()-before > 0.2 || p.value(ctx, "workqueue_depth") > 0 {
			calm = -1
		}
	}
}

// collected waits until there has been a garbage collection after the process settled; there is one every two minutes if nothing happens.
func (p *sizedProcess) collected(ctx context.Context) {
	settled := float64(time.Now().Unix())
	check(wait.PollUntilContextTimeout(ctx, time.Second, patience, true, func(ctx context.Context) (bool, error) {
		return p.value(ctx, lastCollection) > settled, nil
	}))
}

// cpu returns the CPU time of the process, in seconds.
func (p *sizedProcess) cpu() float64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.PID()))
	if err != nil {
		return 0 // it has ended
	}
	fields := strings.Fields(string(text[strings.LastIndex(string(text), ")")+2:]))
	user, err := strconv.ParseFloat(fields[11], 64)
	check(err)
	system, err := strconv.ParseFloat(fields[12], 64)
	check(err)
	return (user + system) / 100
}

// peakMiB returns the most that the process had resident at once.
func (p *sizedProcess) peakMiB() float64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.PID()))
	check(err)
	for line := range strings.Lines(string(text)) {
		if value, is := strings.CutPrefix(line, "VmHWM:"); is {
			kib, err := strconv.ParseFloat(strings.Fields(value)[0], 64)
			check(err)
			return kib / 1024
		}
	}
	return 0
}

// profile runs an operator in this process over the same objects, and writes a profile of its heap.
func (s *sizing) profile(ctx context.Context, b *testing.B, directory string) {
	s.all.StartOperator(ctx)
	must(b, awaitIdle(ctx))
	runtime.GC()
	runtime.GC()
	file, err := os.Create(filepath.Join(directory, fmt.Sprintf("heap-%d.pprof", s.crowd.people())))
	must(b, err)
	must(b, pprof.Lookup("heap").WriteTo(file, 0))
	must(b, file.Close())
	must(b, s.all.StopOperator())
}
