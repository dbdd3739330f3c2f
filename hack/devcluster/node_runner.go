// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

const (
	// restartDelay is how long a machine waits before it starts a service again.
	restartDelay = time.Second
	socketPoll   = 50 * time.Millisecond
	// socketTimeout is how long a service may take to make its socket. It is shorter than readyTimeout, so that the reason is shown.
	socketTimeout = time.Minute
)

// runner runs the services of a machine as its first process, to which the kernel gives the orphans too. So it waits for whichever
// process ends.
type runner struct {
	machine machine

	mu      sync.Mutex
	running map[int]chan struct{}
}

func newRunner(m machine) *runner { return &runner{machine: m, running: map[int]chan struct{}{}} }

// run starts the services in order and never returns without an error.
func (r *runner) run() error {
	failed := make(chan error, 1)
	go func() { failed <- r.reap() }()
	for _, s := range r.machine.Services {
		ended, err := r.start(s)
		if err != nil {
			return err
		}
		go r.keep(s, ended)
		if err := r.awaitSocket(s, socketTimeout); err != nil {
			return err
		}
	}
	return <-failed
}

// awaitSocket waits for the socket of a service, if it is to make one.
func (r *runner) awaitSocket(s service, timeout time.Duration) error {
	if s.Socket == "" {
		return nil
	}
	err := waitUntil(context.Background(), timeout, socketPoll, func() bool {
		_, err := os.Stat(s.Socket)
		return err == nil
	})
	if err != nil {
		return fmt.Errorf("%s has not made its socket %s after %s; its log is %s", s.Name, s.Socket, timeout, r.log(s))
	}
	return nil
}

func (r *runner) log(s service) string {
	return filepath.Join(r.machine.Log, r.machine.Name+"-"+s.Name+".log")
}

// keep starts a service again whenever it has ended.
func (r *runner) keep(s service, ended <-chan struct{}) {
	for {
		<-ended
		time.Sleep(restartDelay)
		var err error
		if ended, err = r.start(s); err != nil {
			fmt.Fprintln(os.Stderr, "error:", err)
			os.Exit(1)
		}
	}
}

// start starts a service. The channel is closed when it has ended.
func (r *runner) start(s service) (<-chan struct{}, error) {
	log, err := os.OpenFile(r.log(s), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	defer func() { _ = log.Close() }()
	cmd := exec.Command(s.Args[0], s.Args[1:]...)
	cmd.Stdout, cmd.Stderr = log, log
	// The reaper must not see the end of a process before it knows it.
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("%s: %w", s.Name, err)
	}
	ended := make(chan struct{})
	r.running[cmd.Process.Pid] = ended
	return ended, cmd.Process.Release()
}

// reap waits for processes that end, for as long as there are any.
func (r *runner) reap() error {
	for {
		pid, err := syscall.Wait4(-1, nil, 0, nil)
		if errors.Is(err, syscall.EINTR) {
			continue
		}
		if errors.Is(err, syscall.ECHILD) {
			time.Sleep(socketPoll)
			continue
		}
		if err != nil {
			return err
		}
		r.mu.Lock()
		if ended, ok := r.running[pid]; ok {
			delete(r.running, pid)
			close(ended)
		}
		r.mu.Unlock()
	}
}
