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

	// Every daemon carries these marks in its environment. By them a process is found whose id was not written down:
	// the state file was lost, or `up` was killed between start and writing.
	markDir  = "USHER_DEVCLUSTER_DIR"
	markName = "USHER_DEVCLUSTER_DAEMON"
)

// process identifies a running process. An id alone does not: the kernel gives it to another process later.
type process struct {
	PID int `json:"pid"`
	// Start is the start time in clock ticks since boot.
	Start uint64 `json:"start"`
	// Boot is the kernel's id of that boot.
	Boot string `json:"boot"`
	// Fingerprint is the one of the daemon when it was started.
	Fingerprint string `json:"fingerprint"`
}

// identify looks up a running process; a zombie is none.
func identify(pid int) (process, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return process{}, err
	}
	// The second field is the name in parentheses and may hold spaces and parentheses itself.
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	const stateField, startField = 0, 19
	if len(fields) <= startField {
		return process{}, fmt.Errorf("process %d: /proc says %q", pid, stat)
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

// hasThreads says whether other threads outlive the first one of a process. They hold its ports until they end as well.
func hasThreads(pid int) bool {
	tasks, err := os.ReadDir(fmt.Sprintf("/proc/%d/task", pid))
	return err == nil && len(tasks) > 1
}

func (p process) same(other process) bool {
	return p.PID == other.PID && p.Start == other.Start && p.Boot == other.Boot
}

// alive says whether this very process still runs.
func (p process) alive() bool {
	if p.PID <= 0 {
		return false
	}
	found, err := identify(p.PID)
	return err == nil && found.same(p)
}

// stop ends the process: politely, then by force after ten seconds. A process that is gone is no error, and one that
// only got the same id is left alone.
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
	return fmt.Errorf("process %d does not end, not even by SIGKILL", p.PID)
}

// waitUntil polls a condition; it fails with the context's error or when the time is over.
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

// marked finds the running processes that carry the mark of this directory, by daemon.
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
		// Who may not read it, did not start it.
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
