// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"time"
)

const (
	// recoverTimeout is for a daemon that is running: it may just have been started, or be waiting for another one.
	recoverTimeout = 20 * time.Second
	readyTimeout   = 2 * time.Minute
	readyPoll      = 100 * time.Millisecond
	startAttempts  = 3
)

// errPortTaken calls for another attempt with other ports.
var errPortTaken = errors.New("a port was taken by another process")

// supervisor starts the daemons that are not running as they should, and leaves the others alone.
type supervisor struct {
	paths   paths
	state   *state
	out     *console
	started int
	// nodeTools are the programs of nodes; none without nodes.
	nodeTools []component
}

// ensure returns when a daemon runs as described and is ready. It calls describe again when ports change.
func (v *supervisor) ensure(ctx context.Context, describe func(paths, *state) daemon) error {
	for attempt := 1; ; attempt++ {
		err := v.ensureOnce(ctx, describe)
		if !errors.Is(err, errPortTaken) || attempt == startAttempts {
			return err
		}
	}
}

func (v *supervisor) ensureOnce(ctx context.Context, describe func(paths, *state) daemon) error {
	d := describe(v.paths, v.state)
	fingerprint, err := d.fingerprint(v.paths, v.state.Cluster)
	if err != nil {
		return err
	}
	if running, ok := v.state.Processes[d.name]; ok {
		if running.Fingerprint == fingerprint && v.recovers(ctx, d, running) {
			return nil
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		v.out.say("restarting %s", d.name)
		if d.name == daemonEtcd {
			// The API server does not shut down cleanly without it.
			if err := v.stop(ctx, daemonAPIServer); err != nil {
				return err
			}
		}
		if err := v.stop(ctx, d.name); err != nil {
			return err
		}
	}
	if err := v.freePorts(d); err != nil {
		return err
	}
	return v.start(ctx, describe(v.paths, v.state))
}

func (v *supervisor) recovers(ctx context.Context, d daemon, running process) bool {
	if d.ready(ctx, running, v.state.Ports) == nil {
		return true
	}
	v.out.say("waiting for %s, which is running but not ready", d.name)
	return waitUntil(ctx, recoverTimeout, readyPoll, func() bool {
		return !running.alive() || d.ready(ctx, running, v.state.Ports) == nil
	}) == nil && running.alive()
}

// freePorts replaces those ports of a daemon that other processes have taken.
func (v *supervisor) freePorts(d daemon) error {
	for _, name := range d.ports {
		old := v.state.Ports[name]
		if portFree(old) {
			continue
		}
		port, err := choosePort(v.state.Ports)
		if err != nil {
			return err
		}
		v.out.say("port %d (%s) is taken by another process: using %d instead", old, name, port)
		v.state.Ports[name] = port
	}
	return v.state.save(v.paths.state())
}

func (v *supervisor) start(ctx context.Context, d daemon) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	fingerprint, err := d.fingerprint(v.paths, v.state.Cluster)
	if err != nil {
		return err
	}
	for path, content := range d.files {
		if err := writeFile(path, content); err != nil {
			return fmt.Errorf("cannot start %s: %w", d.name, err)
		}
	}
	v.out.say("starting %s", d.name)
	log := v.paths.log(d.name + ".log")
	running, offset, exited, err := d.launch(v.paths, log)
	if err != nil {
		return fmt.Errorf("cannot start %s: %w", d.name, err)
	}
	v.started++
	running.Fingerprint = fingerprint
	v.state.Processes[d.name] = running
	if err := v.state.save(v.paths.state()); err != nil {
		return err
	}
	var last error
	err = waitUntil(ctx, readyTimeout, readyPoll, func() bool {
		last = d.ready(ctx, running, v.state.Ports)
		return last == nil || closed(exited)
	})
	switch {
	case err == nil && last == nil:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case closed(exited):
		return v.died(d, log, offset)
	default:
		return fmt.Errorf("%s is not ready after %s: %w; the end of %s:\n%s", d.name, readyTimeout, last, log, tail(log, offset))
	}
}

// died explains the end of a daemon. The error is errPortTaken when another process has one of its ports.
func (v *supervisor) died(d daemon, log string, offset int64) error {
	delete(v.state.Processes, d.name)
	if err := v.state.save(v.paths.state()); err != nil {
		return err
	}
	err := fmt.Errorf("%s ended at once; the end of %s:\n%s", d.name, log, tail(log, offset))
	for _, name := range d.ports {
		if !portFree(v.state.Ports[name]) {
			return errors.Join(errPortTaken, err)
		}
	}
	return err
}

// stop stops a daemon and removes it from the state.
func (v *supervisor) stop(ctx context.Context, name string) error {
	if err := v.state.Processes[name].stop(ctx); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	delete(v.state.Processes, name)
	return v.state.save(v.paths.state())
}

// launch starts a daemon that keeps running when this program ends. The channel is closed if the daemon ends first;
// offset is where its lines begin in the log.
func (d daemon) launch(p paths, logFile string) (running process, offset int64, exited <-chan struct{}, err error) {
	if err := os.MkdirAll(filepath.Dir(logFile), 0o700); err != nil {
		return process{}, 0, nil, err
	}
	log, err := os.OpenFile(logFile, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return process{}, 0, nil, err
	}
	defer func() { _ = log.Close() }()
	if offset, err = log.Seek(0, io.SeekEnd); err != nil {
		return process{}, 0, nil, err
	}
	// Without a context: it outlives this program on purpose.
	cmd := exec.Command(p.bin(d.binary), d.args...)
	cmd.Dir = p.dev("")
	cmd.Env = append([]string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME"), "TMPDIR=" + os.TempDir(),
		markDir + "=" + p.dev(""), markName + "=" + d.name,
	}, d.env...)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return process{}, 0, nil, err
	}
	// Its id cannot be reused before it has been waited for.
	running, err = identify(cmd.Process.Pid)
	ended := make(chan struct{})
	go func() {
		_ = cmd.Wait()
		close(ended)
	}()
	if errors.Is(err, os.ErrProcessDone) {
		err = nil
	}
	return running, offset, ended, err
}

// fingerprint changes with everything whose change a running daemon does not notice.
func (d daemon) fingerprint(p paths, cluster string) (string, error) {
	hash := sha256.New()
	fmt.Fprintf(hash, "%q %q %q\n", cluster, d.args, d.env)
	for _, input := range append([]string{p.bin(d.binary)}, d.inputs...) {
		file, err := os.Open(input)
		if err != nil {
			return "", fmt.Errorf("%s: %w", d.name, err)
		}
		_, err = io.Copy(hash, file)
		if err := errors.Join(err, file.Close()); err != nil {
			return "", fmt.Errorf("%s: %w", d.name, err)
		}
	}
	for _, path := range slices.Sorted(maps.Keys(d.files)) {
		fmt.Fprintf(hash, "%s %q\n", path, d.files[path])
	}
	return hex.EncodeToString(hash.Sum(nil))[:16], nil
}

func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
