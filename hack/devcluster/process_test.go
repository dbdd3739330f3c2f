// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const testTimeout = 20 * time.Second

// sleeper launches a daemon that does nothing, in a checkout of its own.
func sleeper(t *testing.T) (paths, process, <-chan struct{}) {
	t.Helper()
	p := paths{root: t.TempDir()}
	sleep, err := exec.LookPath("sleep")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(p.bin(""), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(sleep, p.bin("sleeper")); err != nil {
		t.Fatal(err)
	}
	d := daemon{name: daemonMailbox, binary: "sleeper", args: []string{"600"}}
	running, _, exited, err := d.launch(p, p.log("sleeper.log"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = running.stop(context.Background()) })
	return p, running, exited
}

func within(t *testing.T, condition func() bool, what string) {
	t.Helper()
	if waitUntil(t.Context(), testTimeout, stopPoll, condition) != nil {
		t.Fatal("in vain waited until ", what)
	}
}

func TestProcessIsKnownByMoreThanItsID(t *testing.T) {
	_, running, exited := sleeper(t)
	if !running.alive() {
		t.Error("a running process counts as dead")
	}
	recycled := running
	recycled.Start++
	rebooted := running
	rebooted.Boot = "another"
	for _, other := range []process{recycled, rebooted, {}} {
		if other.alive() {
			t.Errorf("%+v is another process than %+v", other, running)
		}
		if err := other.stop(t.Context()); err != nil {
			t.Error(err)
		}
	}
	if !running.alive() {
		t.Error("stopping another process of the same id stopped this one")
	}
	if err := running.stop(t.Context()); err != nil {
		t.Error(err)
	}
	if running.alive() {
		t.Error("a stopped process counts as alive")
	}
	within(t, func() bool { return closed(exited) }, "the end is noticed")
	if err := running.stop(t.Context()); err != nil {
		t.Errorf("stopping twice: %v", err)
	}
}

func TestDaemonIsFoundByItsMark(t *testing.T) {
	p, running, _ := sleeper(t)
	// The mark appears when the new program has replaced the copy of this one.
	within(t, func() bool {
		found, err := marked(p.dev(""))
		return err == nil && len(found[daemonMailbox]) == 1 && found[daemonMailbox][0].same(running)
	}, "the daemon is found")
	if found, err := marked(p.dev("elsewhere")); err != nil || len(found) > 0 {
		t.Errorf("found %v (%v) for a directory without daemons", found, err)
	}
}

func TestMark(t *testing.T) {
	for environment, want := range map[string]string{
		"A=1\x00" + markDir + "=/d/.dev\x00" + markName + "=etcd\x00": "etcd",
		markName + "=etcd\x00" + markDir + "=/d/.dev2":                "",
		markName + "=etcd":   "",
		markDir + "=/d/.dev": "",
		"X" + markDir + "=/d/.dev\x00" + markName + "=etcd": "",
	} {
		name, ok := markOf([]byte(environment), "/d/.dev")
		if ok != (want != "") || ok && name != want {
			t.Errorf("%q: got %q, %v", environment, name, ok)
		}
	}
}

func TestListensOnIsAboutTheProcessItself(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	port := int(netip.MustParseAddrPort(listener.Addr().String()).Port())
	self, err := identify(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	_, other, _ := sleeper(t)
	if !self.listensOn(port) {
		t.Error("this process listens, but does not know")
	}
	if other.listensOn(port) {
		t.Error("another process is believed to listen on the port of this one")
	}
}

func TestTail(t *testing.T) {
	log := filepath.Join(t.TempDir(), "log")
	if err := os.WriteFile(log, []byte("old\n"+strings.Repeat("new\n", 20)), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := tail(log, int64(len("old\n"))); strings.Contains(got, "old") || strings.Count(got, "new") != tailLines {
		t.Errorf("got %q", got)
	}
}
