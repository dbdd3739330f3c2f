// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package testenv

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// stopTimeout is how long kube-controller-manager may take to stop before it is killed.
const stopTimeout = 10 * time.Second

// controllers are those that the operator depends on.
const controllers = "namespace-controller,garbage-collector-controller,serviceaccount-controller," +
	"clusterrole-aggregation-controller"

// controllerManager is the process of kube-controller-manager.
type controllerManager struct {
	cmd  *exec.Cmd
	done chan struct{} // closed when the process has ended
	err  error         // the reason, to be read after done is closed
	log  string
}

// startControllerManager starts kube-controller-manager and waits for the first of its results that tests need: rules in
// the aggregated ClusterRoles.
func (e *Env) startControllerManager(ctx context.Context) error {
	program, err := e.watchdog.launcher(filepath.Join(e.assets, "kube-controller-manager"))
	if err != nil {
		return err
	}
	manager := &controllerManager{log: filepath.Join(e.dir, "kube-controller-manager.log"), done: make(chan struct{})}
	manager.cmd = exec.Command(program,
		"--kubeconfig="+e.kubeconfig(),
		"--controllers="+controllers,
		"--use-service-account-credentials=true",
		"--service-account-private-key-file="+filepath.Join(e.control.ControlPlane.GetAPIServer().CertDir, "sa-signer.key"),
		"--leader-elect=false",
		"--secure-port=0",
	)
	if err := manager.start(); err != nil {
		return err
	}
	e.manager = manager
	return e.awaitAggregation(ctx)
}

func (m *controllerManager) start() error {
	log, err := os.Create(m.log)
	if err != nil {
		return fmt.Errorf("create the log of kube-controller-manager: %w", err)
	}
	defer log.Close() //nolint:errcheck // the process has its own copy
	m.cmd.Stdout, m.cmd.Stderr = log, log
	m.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := m.cmd.Start(); err != nil {
		return fmt.Errorf("start kube-controller-manager: %w", err)
	}
	go func() {
		defer close(m.done)
		m.err = m.cmd.Wait()
	}()
	return nil
}

// stop stops the process, and kills it if that takes too long.
func (m *controllerManager) stop() error {
	_ = m.cmd.Process.Signal(syscall.SIGTERM) // fails only if it has already ended
	select {
	case <-m.done:
		return nil
	case <-time.After(stopTimeout):
	}
	if err := m.cmd.Process.Kill(); err != nil {
		return fmt.Errorf("kill kube-controller-manager (process %d): %w", m.cmd.Process.Pid, err)
	}
	<-m.done
	return nil
}

// ended returns an error with the end of the log if the process has ended.
func (m *controllerManager) ended() error {
	select {
	case <-m.done:
	default:
		return nil
	}
	log, _ := os.ReadFile(m.log) // the process's error is the one that counts
	return fmt.Errorf("kube-controller-manager ended unexpectedly: %w; end of its log:\n%s", m.err, log[max(0, len(log)-2000):])
}

func (e *Env) awaitAggregation(ctx context.Context) error {
	var missing string
	err := wait.PollUntilContextCancel(ctx, 50*time.Millisecond, true, func(ctx context.Context) (bool, error) {
		if err := e.manager.ended(); err != nil {
			return false, err
		}
		for _, missing = range []string{"view", "edit", "admin"} {
			var role rbacv1.ClusterRole
			// Not-found errors and refused connections are temporary; the context limits the wait.
			if e.Client.Get(ctx, client.ObjectKey{Name: missing}, &role) != nil || len(role.Rules) == 0 {
				return false, nil
			}
		}
		return true, nil
	})
	if err != nil {
		return fmt.Errorf("wait for the rules of ClusterRole %s: %w", missing, err)
	}
	return nil
}
