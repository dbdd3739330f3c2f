// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"syscall"

	"github.com/vishvananda/netlink"
)

// initMachine is the first process of a machine. It sets the machine up and runs its services.
func initMachine(path string) error {
	m, err := readMachine(path)
	if err != nil {
		return err
	}
	if _, err := io.ReadAll(os.NewFile(readyFile, "ready")); err != nil {
		return err
	}
	if err := m.setUp(); err != nil {
		return fmt.Errorf("%s: %w", m.Name, err)
	}
	return newRunner(m).run()
}

func (m machine) setUp() error {
	groups, err := findHierarchies()
	if err != nil {
		return err
	}
	if err := syscall.Sethostname([]byte(m.Name)); err != nil {
		return err
	}
	if err := mountNode(m.Dir, groups); err != nil {
		return err
	}
	if m.Cgroup != "" {
		if err := groups.delegateV2(); err != nil {
			return err
		}
	}
	return m.connect()
}

// connect configures the machine's own network.
func (m machine) connect() error {
	loopbackLink, err := netlink.LinkByName("lo")
	if err != nil {
		return err
	}
	cable, err := netlink.LinkByName("eth0")
	if err != nil {
		return err
	}
	err = errors.Join(netlink.LinkSetUp(loopbackLink), address(cable, withBits(m.Address)), netlink.LinkSetUp(cable))
	if err != nil {
		return err
	}
	for _, r := range m.Routes {
		if err := r.add(); err != nil {
			return err
		}
	}
	if err := netlink.RouteReplace(&netlink.Route{Gw: net.ParseIP(m.Default)}); err != nil {
		return fmt.Errorf("default route: %w", err)
	}
	// These belong to the network namespace.
	for _, name := range []string{"ip_forward", "conf/all/route_localnet"} {
		setting := filepath.Join("/proc/sys/net/ipv4", name)
		if err := os.WriteFile(setting, []byte("1"), 0o644); err != nil {
			return err
		}
	}
	return nil
}
