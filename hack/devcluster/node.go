// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"

	"github.com/vishvananda/netlink"
)

// machine describes a machine made of namespaces: a node, or the gateway.
type machine struct {
	Name string `json:"name"`
	// Dir is where it keeps what outlives it, Log where its programs' logs are.
	Dir string `json:"dir"`
	Log string `json:"log"`
	// Bridge is the machine's own link that it is plugged into, Link the name of its cable there, Address its own.
	Bridge  string  `json:"bridge"`
	Link    string  `json:"link"`
	Address string  `json:"address"`
	Default string  `json:"default"`
	Routes  []route `json:"routes"`
	// Cgroup is the name of its cgroup; empty: it has none.
	Cgroup string `json:"cgroup"`
	// Path is the PATH of its programs.
	Path     string    `json:"path"`
	Services []service `json:"services"`
}

// service is a program that a machine runs, and starts again when it ends.
type service struct {
	Name string   `json:"name"`
	Args []string `json:"args"`
	// Socket is what it makes before the next one starts; empty: nothing.
	Socket string `json:"socket"`
}

const (
	commandMachine = "machine"
	commandInit    = "machine-init"
	// commandNothing ends at once.
	commandNothing = "nothing"

	namespaces = syscall.CLONE_NEWNS | syscall.CLONE_NEWUTS | syscall.CLONE_NEWIPC | syscall.CLONE_NEWPID | syscall.CLONE_NEWNET |
		syscall.CLONE_NEWCGROUP
	// readyFile is the descriptor on which the first process of a machine learns that its cable is plugged in.
	readyFile = 3
)

func readMachine(path string) (machine, error) {
	var m machine
	content, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(content, &m)
	}
	return m, err
}

// runMachine starts a machine and ends with it. When this process ends, however it ends, the kernel kills the machine's first process
// and with it all others, and removes its mounts and its network.
func runMachine(ctx context.Context, path string) error {
	m, err := readMachine(path)
	if err != nil {
		return err
	}
	leave, err := m.enterCgroup()
	if err != nil {
		return err
	}
	// The kernel watches the thread that started the first process, not the process.
	runtime.LockOSThread()
	plugged, plug, err := os.Pipe()
	if err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	first := exec.CommandContext(ctx, self, commandInit, "--file="+path)
	// Without the marks: only this process is a daemon of the cluster.
	first.Env = []string{"PATH=" + m.Path, "HOME=" + os.Getenv("HOME"), "TMPDIR=" + os.TempDir()}
	first.Stdout, first.Stderr, first.ExtraFiles = os.Stdout, os.Stderr, []*os.File{plugged}
	first.SysProcAttr = &syscall.SysProcAttr{Cloneflags: namespaces, Pdeathsig: syscall.SIGKILL}
	if err := first.Start(); err != nil {
		return fmt.Errorf("cannot create namespaces, which needs root and a kernel that has them: %w", err)
	}
	err = errors.Join(leave(), m.plug(first.Process.Pid), writeFile(m.pidFile(), []byte(strconv.Itoa(first.Process.Pid))), plug.Close())
	if err != nil {
		return errors.Join(err, first.Process.Kill())
	}
	err = first.Wait()
	if ctx.Err() != nil {
		return nil
	}
	return fmt.Errorf("the first process of %s ended: %w", m.Name, err)
}

// pidFile has the id of the machine's first process, as the processes outside see it.
func (m machine) pidFile() string { return filepath.Join(m.Dir, "pid") }

// enterCgroup moves this process into the machine's cgroup, so that the machine begins there. With cgroups of version 2 it must not
// stay: leave moves it back.
func (m machine) enterCgroup() (leave func() error, err error) {
	stay := func() error { return nil }
	if m.Cgroup == "" {
		return stay, nil
	}
	groups, err := findHierarchies()
	if err != nil {
		return nil, err
	}
	// What an earlier one left behind, which may just be ending.
	if err := groups.remove(m.Cgroup); err != nil {
		return nil, err
	}
	if err := groups.create(m.Cgroup); err != nil {
		return nil, err
	}
	if !groups.onlyV2() {
		return stay, groups.enter(m.Cgroup)
	}
	before, err := currentV2()
	if err != nil {
		return nil, err
	}
	return func() error { return groups.enter(before) }, groups.enter(m.Cgroup)
}

// plug connects the machine whose first process is pid to the bridge.
func (m machine) plug(pid int) error {
	bridge, err := netlink.LinkByName(m.Bridge)
	if err != nil {
		return fmt.Errorf("bridge %s: %w", m.Bridge, err)
	}
	if old, err := netlink.LinkByName(m.Link); err == nil {
		// The kernel removes the link of a machine that was killed a moment later.
		_ = netlink.LinkDel(old)
	}
	attributes := netlink.LinkAttrs{Name: m.Link, MasterIndex: bridge.Attrs().Index, TxQLen: -1}
	cable := &netlink.Veth{LinkAttrs: attributes, PeerName: "eth0", PeerNamespace: netlink.NsPid(pid)}
	if err := netlink.LinkAdd(cable); err != nil {
		return fmt.Errorf("cannot connect %s to the bridge, which needs a kernel with CONFIG_VETH: %w", m.Name, err)
	}
	return netlink.LinkSetUp(cable)
}
