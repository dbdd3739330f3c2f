// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"io/fs"
	"os"
)

// kept lists what is not deleted with a cluster: programs, logs for reading afterwards, and the lock, which is held.
var kept = map[string]bool{"bin": true, "log": true, "lock": true}

// down stops everything and deletes the cluster with its data.
func down(ctx context.Context, p paths, out *console) error {
	if _, err := os.Stat(p.dev("")); errors.Is(err, fs.ErrNotExist) {
		// The directory may have been deleted while the cluster was running.
		v := &supervisor{paths: p, state: newState(), out: out}
		if err := v.stopStrays(ctx); err != nil {
			return err
		}
		if err := removeNodes(p, v.state, out); err != nil {
			return err
		}
		out.say("there is no cluster")
		return nil
	}
	unlock, err := lockFile(ctx, p.lock(), func() { out.say("another command is working on this cluster: waiting for it") })
	if err != nil {
		return err
	}
	defer unlock()
	s, err := openState(p, out)
	if err != nil {
		return err
	}
	v := &supervisor{paths: p, state: s, out: out}
	s.forgetDead()
	stopped := 0
	for _, name := range stopOrder() {
		running, ok := s.Processes[name]
		if !ok {
			continue
		}
		out.say("stopping %s (process %d)", name, running.PID)
		if err := running.stop(ctx); err != nil {
			return err
		}
		stopped++
	}
	if err := v.stopStrays(ctx); err != nil {
		return err
	}
	if err := removeNodes(p, s, out); err != nil {
		return err
	}
	if err := forget(p); err != nil {
		return err
	}
	if stopped == 0 {
		out.say("nothing was running")
	} else {
		out.say("stopped; programs and logs stay in %s", p.dev(""))
	}
	return nil
}

// forget deletes the files of the cluster, except those that are kept.
func forget(p paths) error {
	entries, err := os.ReadDir(p.dev(""))
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if !kept[entry.Name()] {
			if err := os.RemoveAll(p.dev(entry.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}
