// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package testenv

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// RestartAPIServer kills kube-apiserver, as a crash does, and starts it again after a pause, with the same certificates, keys and port. It
// returns when it answers.
func (e *Env) RestartAPIServer(pause time.Duration) error {
	server := e.control.ControlPlane.APIServer
	if err := e.signal("kube-apiserver", syscall.SIGKILL); err != nil {
		return err
	}
	if err := server.Stop(); err != nil { // returns when the process has ended
		return fmt.Errorf("wait for the end of kube-apiserver: %w", err)
	}
	<-time.After(pause)
	if err := server.Start(); err != nil {
		return fmt.Errorf("start kube-apiserver again: %w", err)
	}
	return nil
}

// StopEtcd stops etcd from running, as a disk that does not answer would. ContinueEtcd lets it go on.
func (e *Env) StopEtcd() error { return e.signal("etcd", syscall.SIGSTOP) }

// ContinueEtcd lets etcd go on.
func (e *Env) ContinueEtcd() error { return e.signal("etcd", syscall.SIGCONT) }

// signal sends a signal to a program of the control plane.
func (e *Env) signal(program string, signal syscall.Signal) error {
	text, err := os.ReadFile(filepath.Join(e.dir, program+".pid"))
	if err != nil {
		return fmt.Errorf("find the process of %s: %w", program, err)
	}
	id, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return fmt.Errorf("find the process of %s: %w", program, err)
	}
	if err := syscall.Kill(id, signal); err != nil {
		return fmt.Errorf("send %s to %s (process %d): %w", signal, program, id, err)
	}
	return nil
}
