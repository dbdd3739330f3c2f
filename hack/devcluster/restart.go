// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
)

// daemonsByName are those that restart knows.
var daemonsByName = map[string]func(paths, *state) daemon{
	daemonEtcd: etcdDaemon, daemonAPIServer: apiServerDaemon, daemonManager: managerDaemon, daemonScheduler: schedulerDaemon,
	daemonMailbox: mailboxDaemon, daemonDex: dexDaemon,
}

// restart stops a daemon and returns when it is ready again.
func restart(ctx context.Context, p paths, name string, out *console) error {
	describe, known := daemonsByName[name]
	if !known {
		return fmt.Errorf("restart what? Name one of the daemons: %v", slices.Sorted(maps.Keys(daemonsByName)))
	}
	v, unlock, err := openRunning(ctx, p, out)
	if err != nil {
		return err
	}
	defer unlock()
	out.say("stopping %s", name)
	if err := v.stop(ctx, name); err != nil {
		return err
	}
	return v.ensure(ctx, describe)
}

// importImage puts an image on all nodes, under another name than that in the archive.
func importImage(ctx context.Context, p paths, archive, name string, out *console) error {
	if archive == "" || name == "" {
		return errors.New("import needs --archive, such as dist/usher-image.tar, and --name, such as docker.io/library/usher:former")
	}
	v, unlock, err := openRunning(ctx, p, out)
	if err != nil {
		return err
	}
	defer unlock()
	imported, err := archivedName(archive)
	if err != nil {
		return err
	}
	for i := range v.state.Nodes {
		if err := v.ensureImage(ctx, nodeName(i+1), archive, name, imported); err != nil {
			return err
		}
	}
	return nil
}

// openRunning opens a cluster for a command that does not begin one.
func openRunning(ctx context.Context, p paths, out *console) (v *supervisor, unlock func(), err error) {
	if !exists(p.state()) {
		return nil, nil, errors.New("there is no cluster: `make up` starts one")
	}
	unlock, err = lockFile(ctx, p.lock(), func() { out.say("another command is working on this cluster: waiting for it") })
	if err != nil {
		return nil, nil, err
	}
	s, err := openState(p, out)
	if err != nil {
		unlock()
		return nil, nil, err
	}
	return &supervisor{paths: p, state: s, out: out}, unlock, nil
}
