// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"crypto/rand"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

//go:embed audit-policy.yaml
var auditPolicy []byte

// request is what up is asked for.
type request struct {
	// version is the one of Kubernetes; empty: the newest.
	version string
	// nodes is how many nodes there are to be; 0: as many as there are.
	nodes int
	// bare leaves out the installation of Usher.
	bare bool
}

// up returns when everything is running and ready. It continues where an earlier attempt stopped, and starts only what is
// missing.
func up(ctx context.Context, p paths, r request, out *console, stdout io.Writer) error {
	need := uint64(runSpace)
	if hasData(p) {
		need = resumeSpace
	}
	if err := requireSpace(p.dev(""), need, "the development cluster"); err != nil {
		return err
	}
	unlock, err := lockFile(ctx, p.lock(), func() { out.say("another command is working on this cluster: waiting for it") })
	if err != nil {
		return err
	}
	defer unlock()
	if r.nodes, err = planNodes(p, r.nodes, out); err != nil {
		return err
	}
	if r.nodes > 0 {
		if err := requireNodes(ctx, p, r.nodes, out); err != nil {
			return err
		}
	}
	if err := buildControlPlane(ctx, p, r.version, p.bin(""), out); err != nil {
		return err
	}
	var tools []component
	if r.nodes > 0 {
		if tools, err = buildNodes(ctx, p, out); err == nil {
			err = requireNoOlder(ctx, p.bin("kube-apiserver"), tools)
		}
		if err != nil {
			return err
		}
	}
	v, err := startAll(ctx, p, r, tools, out)
	if err != nil {
		return err
	}
	return v.report(stdout)
}

// startAll builds the programs of this repository while the control plane starts, then starts them too.
func startAll(ctx context.Context, p paths, r request, tools []component, out *console) (*supervisor, error) {
	building, cancel := context.WithCancel(ctx)
	defer cancel()
	built := make(chan error, 1)
	go func() { built <- buildOwn(building, p, r, out) }()
	v, err := openSupervisor(ctx, p, r, out)
	if err == nil {
		v.nodeTools = tools
		err = v.controlPlane(ctx)
	}
	if err != nil {
		cancel()
		return nil, errors.Join(err, notCanceled(<-built))
	}
	if err := <-built; err != nil {
		return nil, err
	}
	if r.nodes > 0 {
		return v, v.usherInPods(ctx, r.bare)
	}
	if r.bare {
		return v, errors.New("--bare needs --nodes: without nodes, Usher is a process of this machine")
	}
	return v, v.usher(ctx)
}

// notCanceled returns no error for a build that was canceled because something else had failed.
func notCanceled(err error) error {
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

func buildOwn(ctx context.Context, p paths, r request, out *console) error {
	if r.nodes > 0 {
		return buildForNodes(ctx, p, out)
	}
	out.say("building the operator and the mailbox")
	return build{
		what: "the operator and the mailbox", dir: p.root, bin: p.bin(""), log: p.log("build-usher.log"),
		programs: []program{{name: "usher", pkg: "./cmd"}, {name: "mailbox", pkg: "./hack/mailbox"}},
	}.run(ctx, out)
}

// openSupervisor reads the state and compares it with the processes that are running.
func openSupervisor(ctx context.Context, p paths, r request, out *console) (*supervisor, error) {
	s, err := openState(p, out)
	if err != nil {
		return nil, err
	}
	v := &supervisor{paths: p, state: s, out: out}
	for _, name := range s.forgetDead() {
		out.say("%s was started earlier and is not running any more", name)
	}
	if err := v.stopStrays(ctx); err != nil {
		return nil, err
	}
	if !hasData(p) || s.Cluster == "" {
		if err := v.begin(r.nodes); err != nil {
			return nil, err
		}
	}
	if s.Nodes > 0 {
		if err := v.ensureNetwork(); err != nil {
			return nil, err
		}
	}
	if err := completePorts(s.Ports); err != nil {
		return nil, err
	}
	return v, s.save(p.state())
}

func hasData(p paths) bool {
	_, err := os.Stat(filepath.Join(p.etcdData(), "member"))
	return !errors.Is(err, fs.ErrNotExist)
}

// begin prepares for a cluster without data. It moves the logs of the previous one to log/previous.
func (v *supervisor) begin(nodes int) error {
	v.state.Cluster, v.state.Nodes = rand.Text(), nodes
	logs, err := filepath.Glob(v.paths.log("*.log"))
	if err != nil {
		return err
	}
	for _, log := range logs {
		if strings.HasPrefix(filepath.Base(log), "build") {
			continue
		}
		if err := os.MkdirAll(v.paths.log("previous"), 0o700); err != nil {
			return err
		}
		if err := os.Rename(log, filepath.Join(v.paths.log("previous"), filepath.Base(log))); err != nil {
			return err
		}
	}
	return nil
}

// stopStrays stops daemons of this directory that are not in the state.
func (v *supervisor) stopStrays(ctx context.Context) error {
	found, err := marked(v.paths.dev(""))
	if err != nil {
		return err
	}
	for _, name := range stopOrder() {
		for _, stray := range found[name] {
			if stray.same(v.state.Processes[name]) {
				continue
			}
			v.out.say("stopping %s (process %d), which is running but not in the state", name, stray.PID)
			if err := stray.stop(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}

// controlPlane returns when the Kubernetes API is ready.
func (v *supervisor) controlPlane(ctx context.Context) error {
	if err := ensurePKI(v.paths, v.state.leaves(), time.Now()); err != nil {
		return fmt.Errorf("certificates: %w", err)
	}
	if err := writeFile(v.paths.auditPolicy(), auditPolicy); err != nil {
		return err
	}
	if err := v.ensure(ctx, etcdDaemon); err != nil {
		return err
	}
	if err := ensureSecret(v.paths.dexSecret()); err != nil {
		return err
	}
	// The API server asks for its keys when it starts, and then only every ten seconds.
	if err := v.ensure(ctx, dexDaemon); err != nil {
		return err
	}
	if err := v.ensure(ctx, apiServerDaemon); err != nil {
		return err
	}
	if err := v.kubeconfigs(); err != nil {
		return err
	}
	return v.ensure(ctx, managerDaemon)
}

func (v *supervisor) kubeconfigs() error {
	server := v.state.apiServer()
	return errors.Join(
		writeCertificateKubeconfig(v.paths, server, v.paths.kubeconfig(), "kubernetes-admin", "admin"),
		writeCertificateKubeconfig(v.paths, server, v.paths.managerKubeconfig(), "system:kube-controller-manager", "manager"),
		v.nodeKubeconfigs())
}

// usher returns when the mailbox, the operator and its portal are ready, with everything that they need in the API.
func (v *supervisor) usher(ctx context.Context) error {
	if err := v.ensure(ctx, mailboxDaemon); err != nil {
		return err
	}
	if err := v.install(ctx); err != nil {
		return err
	}
	if err := v.ensureToken(ctx, v.paths.operatorKubeconfig(), operatorAccount); err != nil {
		return err
	}
	if err := v.ensureToken(ctx, v.paths.portalKubeconfig(), portalAccount); err != nil {
		return err
	}
	address := v.state.Ports[portWebhook]
	if err := v.ensure(ctx, operatorDaemon); err != nil {
		return err
	}
	if address != v.state.Ports[portWebhook] {
		// Another process took the port at the last moment: install the webhooks with the new one.
		if err := v.install(ctx); err != nil {
			return err
		}
	}
	portal := v.state.Ports[portPortal]
	if err := v.ensure(ctx, portalDaemon); err != nil {
		return err
	}
	if portal != v.state.Ports[portPortal] {
		// Likewise: the links in mails lead to the new port, and so does Dex.
		if err := errors.Join(v.ensure(ctx, operatorDaemon), v.ensure(ctx, dexDaemon)); err != nil {
			return err
		}
	}
	return v.writeEnv()
}
