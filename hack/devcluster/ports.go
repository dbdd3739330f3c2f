// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
)

// The range is below the one from which Linux takes the local ports of outgoing connections, so that a port of the cluster
// stays free while the process that listens on it is restarted.
const (
	firstPort    = 20000
	lastPort     = 30000
	portAttempts = 200
)

// portNames lists the ports of a cluster by their names in the state.
var portNames = []string{
	portEtcd, portEtcdPeer, portAPIServer, portManager, portSMTP, portMail, portWebhook, portPortal, portMetrics, portHealth, portScheduler,
	portPortalHealth, portPortalMetrics, portDex, portDexGRPC,
}

const (
	portEtcd      = "etcd"
	portEtcdPeer  = "etcd-peer"
	portAPIServer = "kube-apiserver"
	portManager   = "kube-controller-manager"
	portSMTP      = "smtp"
	portMail      = "mail"
	portWebhook   = "webhook"
	portPortal    = "portal"
	portMetrics   = "metrics"
	portHealth    = "health"
	portScheduler = "kube-scheduler"
)

func loopback(port int) string {
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
}

// portFree reports whether a process could listen on the port.
func portFree(port int) bool {
	listener, err := net.Listen("tcp", loopback(port))
	if err != nil {
		return false
	}
	return listener.Close() == nil
}

// choosePort returns a free port that is not among those taken.
func choosePort(taken map[string]int) (int, error) {
	reserved := map[int]bool{}
	for _, port := range taken {
		reserved[port] = true
	}
	for range portAttempts {
		port := firstPort + rand.IntN(lastPort-firstPort) //nolint:gosec // no secret
		if !reserved[port] && portFree(port) {
			return port, nil
		}
	}
	return 0, errors.New("found no free port of 127.0.0.1 between " +
		fmt.Sprintf("%d and %d in %d attempts: stop a process that listens there", firstPort, lastPort, portAttempts))
}

// completePorts chooses the ports that are not set yet.
func completePorts(ports map[string]int) error {
	for _, name := range portNames {
		if ports[name] != 0 {
			continue
		}
		port, err := choosePort(ports)
		if err != nil {
			return err
		}
		ports[name] = port
	}
	return nil
}
