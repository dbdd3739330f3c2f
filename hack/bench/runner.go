// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

const (
	// silence is how long nothing may be said about a benchmark that runs.
	silence = 30 * time.Second
	// grace is how long a benchmark that was told to end may take before it is killed. It has a control plane to stop.
	grace = 30 * time.Second
)

// runner runs benchmarks.
type runner struct {
	root, dir string
	quick     bool
	out       io.Writer
}

func (r runner) say(format string, args ...any) { _, _ = fmt.Fprintf(r.out, format+"\n", args...) }

// build builds the benchmarks once for all.
func (r runner) build(ctx context.Context) error {
	if err := os.MkdirAll(r.dir, 0o755); err != nil {
		return err
	}
	r.say("building the benchmarks")
	build := exec.CommandContext(ctx, "go", "test", "-c", "-o", r.program(), "./test/bench")
	build.Dir = r.root
	if output, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("cannot build the benchmarks: %w\n%s", err, output)
	}
	return nil
}

func (r runner) program() string { return filepath.Join(r.dir, "bench.test") }

// all runs the benchmarks and returns their figures. One that fails does not keep the others from running.
func (r runner) all(ctx context.Context, chosen []benchmark) (rows []row, failed error) {
	for n, b := range chosen {
		m := b.full
		if r.quick {
			m = *b.quick
		}
		r.say("%d/%d %s, at most %s", n+1, len(chosen), b.name, m.limit)
		began := time.Now()
		output, err := r.one(ctx, b.name, m)
		if err != nil {
			failed = errors.Join(failed, fmt.Errorf("%s: %w; its output is %s", b.name, err, r.log(b.name)))
		}
		r.say("%d/%d %s took %s", n+1, len(chosen), b.name, time.Since(began).Round(time.Second))
		rows = append(rows, rowsOf(b, parse(output), r.quick)...)
		if ctx.Err() != nil {
			return rows, ctx.Err()
		}
	}
	return rows, failed
}

func (r runner) log(name string) string { return filepath.Join(r.dir, name+".log") }

// one runs a benchmark and returns its output.
func (r runner) one(ctx context.Context, name string, m mode) ([]byte, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, m.limit, fmt.Errorf("it has not ended after %s", m.limit))
	defer cancel()
	log, err := os.Create(r.log(name))
	if err != nil {
		return nil, err
	}
	defer func() { _ = log.Close() }()
	var output bytes.Buffer
	command := exec.CommandContext(ctx, r.program(), "-test.run=^$", "-test.bench=^Benchmark"+name+"$", "-test.benchtime="+m.benchtime,
		"-test.timeout=0", "-test.cpuprofile="+filepath.Join(r.dir, name+".pprof"))
	command.Dir = filepath.Join(r.root, "test", "bench")
	command.Env = os.Environ()
	if m.people != "" {
		command.Env = append(command.Env, "USHER_BENCH_PEOPLE="+m.people)
	}
	command.Stdout, command.Stderr = io.MultiWriter(log, &output), log
	// SIGQUIT has the process print where it is, and the control plane of a process that ends is stopped by its watchdog.
	command.Cancel, command.WaitDelay = func() error { return command.Process.Signal(syscall.SIGQUIT) }, grace
	done := r.tell(name)
	err = command.Run()
	close(done)
	if cause := context.Cause(ctx); cause != nil {
		err = cause
	}
	return output.Bytes(), err
}

// tell says from time to time that a benchmark is running, until the channel is closed.
func (r runner) tell(name string) chan<- struct{} {
	done, began := make(chan struct{}), time.Now()
	go func() {
		ticker := time.NewTicker(silence)
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				r.say("    %s is running, %s", name, time.Since(began).Round(time.Second))
			case <-done:
				return
			}
		}
	}()
	return done
}
