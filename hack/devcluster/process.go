// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	stopTimeout = 10 * time.Second
	stopPoll    = 20 * time.Millisecond

	// Every daemon has these marks in its environment. They identify a process whose id is not in the state, because the
	// file was lost or `up` was killed after it had started the process and before it saved the state.
	markDir  = "USHER_DEVCLUSTER_DIR"
	markName = "USHER_DEVCLUSTER_DAEMON"
)

// process identifies a running process. An id alone does not: the kernel reuses it.
type process struct {
	PID int `json:"pid"`
	// Start is the start time in clock ticks since boot.
	Start uint64 `json:"start"`
	// Boot is the kernel's id of the boot.
	Boot string `json:"boot"`
	// Fingerprint is that of the daemon when the process was started.
	Fingerprint string `json:"fingerprint"`
}

// identify looks up a running process. A zombie does not count as one.
func identify(pid int) (process, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return process{}, err
	}
	// The second field is the name in parentheses, which may contain spaces and parentheses itself.
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	const stateField, startField = 0, 19
	if len(fields) <= startField {
		return process{}, fmt.Errorf("process %d: /proc has %q", pid, stat)
	}
	if (fields[stateField] == "Z" || fields[stateField] == "X") && !hasThreads(pid) {
		return process{}, os.ErrProcessDone
	}
	start, err := strconv.ParseUint(fields[startField], 10, 64)
	if err != nil {
		return process{}, fmt.Errorf("process %d: start time: %w", pid, err)
	}
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return process{}, err
	}
	return process{PID: pid, Start: start, Boot: strings.TrimSpace(string(boot))}, nil
}

// hasThreads reports whether threads of a process are left after its first one. They hold its ports until they end.
func hasThreads(pid int) bool {
	tasks, err := os.ReadDir(fmt.Sprintf("/proc/%d/task", pid))
	return err == nil && len(tasks) > 1
}

func (p process) same(other process) bool {
	return p.PID == other.PID && p.Start == other.Start && p.Boot == other.Boot
}

// alive reports whether this process is running, and not another one with the same id.
func (p process) alive() bool {
	if p.PID <= 0 {
		return false
	}
	found, err := identify(p.PID)
	return err == nil && found.same(p)
}

// stop ends the process with SIGTERM and, after ten seconds, SIGKILL. It does nothing when the process has ended, and
// leaves alone another one that got the same id.
func (p process) stop(ctx context.Context) error {
	for _, signal := range []syscall.Signal{syscall.SIGTERM, syscall.SIGKILL} {
		if !p.alive() {
			return nil
		}
		if err := syscall.Kill(p.PID, signal); err != nil && !errors.Is(err, syscall.ESRCH) {
			return fmt.Errorf("cannot stop process %d: %w", p.PID, err)
		}
		if err := waitUntil(ctx, stopTimeout, stopPoll, func() bool { return !p.alive() }); err == nil {
			return nil
		} else if ctx.Err() != nil {
			return err
		}
	}
	return fmt.Errorf("process %d does not end, not even after SIGKILL", p.PID)
}

// waitUntil polls a condition until it holds. The error is that of the context, or of the timeout.
func waitUntil(ctx context.Context, timeout, poll time.Duration, condition func() bool) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	ticker := time.NewTicker(poll)
	defer ticker.Stop()
	for !condition() {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// marked returns the running processes that have the mark of a directory, by daemon.
func marked(dir string) (map[string][]process, error) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil, err
	}
	found := map[string][]process{}
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil {
			continue
		}
		// A process whose environment cannot be read belongs to another user.
		environment, err := os.ReadFile(filepath.Join("/proc", entry.Name(), "environ"))
		if err != nil {
			continue
		}
		name, ok := markOf(environment, dir)
		if !ok {
			continue
		}
		if process, err := identify(pid); err == nil {
			found[name] = append(found[name], process)
		}
	}
	return found, nil
}

func markOf(environment []byte, dir string) (name string, ok bool) {
	for variable := range strings.SplitSeq(string(environment), "\x00") {
		if variable == markDir+"="+dir {
			ok = true
		}
		if value, found := strings.CutPrefix(variable, markName+"="); found {
			name = value
		}
	}
	return name, ok && name != ""
}
