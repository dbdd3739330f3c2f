// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func TestStateIsReadAsItWasWritten(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.json")
	empty, warning, err := loadState(path)
	if err != nil || warning != "" || len(empty.Ports)+len(empty.Processes) > 0 {
		t.Fatalf("a missing file gives %+v, %q, %v", empty, warning, err)
	}
	written := newState()
	written.Cluster = "c"
	written.Ports[portEtcd] = 20001
	written.Processes[daemonEtcd] = process{PID: 1, Start: 2, Boot: "b", Fingerprint: "f"}
	if err := written.save(path); err != nil {
		t.Fatal(err)
	}
	read, warning, err := loadState(path)
	if err != nil || warning != "" || !reflect.DeepEqual(read, written) {
		t.Errorf("got %+v, %q, %v", read, warning, err)
	}
}

func TestUnreadableStateIsAnEmptyOneWithAWarning(t *testing.T) {
	for _, content := range []string{"", "{", `{"ports":`, "[]"} {
		path := filepath.Join(t.TempDir(), "state.json")
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		s, warning, err := loadState(path)
		if err != nil || !strings.Contains(warning, path) || s.Ports == nil || s.Processes == nil {
			t.Errorf("%q: got %+v, %q, %v", content, s, warning, err)
		}
	}
}

func TestForgetDead(t *testing.T) {
	self, err := identify(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	before := self
	before.Boot = "the boot before"
	s := newState()
	s.Processes = map[string]process{daemonEtcd: self, daemonMailbox: before}
	if forgotten := s.forgetDead(); !reflect.DeepEqual(forgotten, []string{daemonMailbox}) || len(s.Processes) != 1 {
		t.Errorf("forgot %v, kept %v", forgotten, s.Processes)
	}
}

func TestPortsAreFreeAndDifferent(t *testing.T) {
	ports := map[string]int{portPortal: 20500}
	if err := completePorts(ports); err != nil {
		t.Fatal(err)
	}
	seen := map[int]string{}
	for name, port := range ports {
		if other, twice := seen[port]; twice {
			t.Errorf("%s and %s share port %d", name, other, port)
		}
		seen[port] = name
	}
	if ports[portPortal] != 20500 || len(ports) != len(portNames) {
		t.Errorf("got %v", ports)
	}
}

func TestDaemonLeavesATakenPort(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	p := paths{root: t.TempDir()}
	v := &supervisor{paths: p, state: newState(), out: newConsole(t.Output())}
	if err := completePorts(v.state.Ports); err != nil {
		t.Fatal(err)
	}
	taken, free := int(netip.MustParseAddrPort(listener.Addr().String()).Port()), v.state.Ports[portSMTP]
	v.state.Ports[portMail] = taken
	if err := v.freePorts(mailboxDaemon(p, v.state)); err != nil {
		t.Fatal(err)
	}
	if v.state.Ports[portMail] == taken || v.state.Ports[portSMTP] != free {
		t.Errorf("got %v, %d is taken and %d was free", v.state.Ports, taken, free)
	}
}

func TestLockIsHeldByOne(t *testing.T) {
	path := filepath.Join(t.TempDir(), "dir", "lock")
	unlock, err := lockFile(t.Context(), path, func() { t.Error("nobody holds it") })
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	if _, err := lockFile(ctx, path, cancel); !errors.Is(err, context.Canceled) {
		t.Errorf("a held lock was given: %v", err)
	}
	if _, err := lockFile(t.Context(), path, unlock); err != nil {
		t.Errorf("a lock that was given back is not to be had: %v", err)
	}
}

func TestEnvIsReadByAShell(t *testing.T) {
	for _, value := range []string{"plain", "with space", `it's "$HOME" \ *`} {
		got, err := exec.CommandContext(t.Context(), "sh", "-c", "A="+quote(value)+`; printf %s "$A"`).Output()
		if err != nil || string(got) != value {
			t.Errorf("%q became %q (%v)", value, got, err)
		}
	}
}

func TestStateOfACopiedCheckoutIsNotTaken(t *testing.T) {
	original, copied := paths{root: t.TempDir()}, paths{root: t.TempDir()}
	written := newState()
	written.Dir, written.Processes[daemonEtcd] = original.dev(""), process{PID: 1}
	for _, p := range []paths{original, copied} {
		if err := written.save(p.state()); err != nil {
			t.Fatal(err)
		}
	}
	s, err := openState(copied, newConsole(t.Output()))
	if err != nil || len(s.Processes) > 0 || s.Dir != copied.dev("") {
		t.Errorf("a copy gives %+v, %v", s, err)
	}
	if err := written.save(copied.state()); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(original.root); err != nil {
		t.Fatal(err)
	}
	s, err = openState(copied, newConsole(t.Output()))
	if err != nil || len(s.Processes) != 1 || s.Dir != copied.dev("") {
		t.Errorf("a checkout that was moved gives %+v, %v", s, err)
	}
}
