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

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("The state", func() {
	It("is empty without a file, and read as it was written", func() {
		path := filepath.Join(GinkgoT().TempDir(), "state.json")
		empty, warning, err := loadState(path)
		Expect(err).NotTo(HaveOccurred())
		Expect(warning).To(BeEmpty())
		Expect(empty.Ports).To(BeEmpty())
		Expect(empty.Processes).To(BeEmpty())
		written := newState()
		written.Cluster = "c"
		written.Ports[portEtcd] = 20001
		written.Processes[daemonEtcd] = process{PID: 1, Start: 2, Boot: "b", Fingerprint: "f"}
		Expect(written.save(path)).To(Succeed())
		read, warning, err := loadState(path)
		Expect(err).NotTo(HaveOccurred())
		Expect(warning).To(BeEmpty())
		Expect(read).To(Equal(written))
	})

	DescribeTable("is empty, with a warning, when its file cannot be understood", func(text string) {
		path := filepath.Join(GinkgoT().TempDir(), "state.json")
		put(path, text)
		s, warning, err := loadState(path)
		Expect(err).NotTo(HaveOccurred())
		Expect(warning).To(ContainSubstring(path))
		Expect(s.Ports).NotTo(BeNil())
		Expect(s.Processes).NotTo(BeNil())
	},
		Entry("empty", ""), Entry("cut short", "{"), Entry("cut short within", `{"ports":`), Entry("a list", "[]"),
	)

	It("forgets processes that do not run", func() {
		self, err := identify(os.Getpid())
		Expect(err).NotTo(HaveOccurred())
		before := self
		before.Boot = "the boot before"
		s := newState()
		s.Processes = map[string]process{daemonEtcd: self, daemonMailbox: before}
		Expect(s.forgetDead()).To(Equal([]string{daemonMailbox}))
		Expect(s.Processes).To(HaveLen(1))
	})

	It("of a copied checkout is not taken over, that of a moved one is", func() {
		original, copied := checkout(), checkout()
		written := newState()
		written.Dir, written.Processes[daemonEtcd] = original.dev(""), process{PID: 1}
		for _, p := range []paths{original, copied} {
			Expect(written.save(p.state())).To(Succeed())
		}
		s, err := openState(copied, newConsole(GinkgoWriter))
		Expect(err).NotTo(HaveOccurred())
		Expect(s.Processes).To(BeEmpty())
		Expect(s.Dir).To(Equal(copied.dev("")))
		Expect(written.save(copied.state())).To(Succeed())
		Expect(os.RemoveAll(original.root)).To(Succeed())
		s, err = openState(copied, newConsole(GinkgoWriter))
		Expect(err).NotTo(HaveOccurred())
		Expect(s.Processes).To(HaveLen(1))
		Expect(s.Dir).To(Equal(copied.dev("")))
	})
})

var _ = Describe("Ports", func() {
	It("are chosen free and different, and kept", func() {
		ports := map[string]int{portPortal: 20500}
		Expect(completePorts(ports)).To(Succeed())
		seen := map[int]string{}
		for name, port := range ports {
			Expect(seen).NotTo(HaveKey(port), "%s shares it", name)
			seen[port] = name
		}
		Expect(ports).To(HaveKeyWithValue(portPortal, 20500))
		Expect(ports).To(HaveLen(len(portNames)))
	})

	It("of a daemon are replaced when they are taken", func() {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(listener.Close)
		p := checkout()
		v := &supervisor{paths: p, state: newState(), out: newConsole(GinkgoWriter)}
		Expect(completePorts(v.state.Ports)).To(Succeed())
		taken, free := int(netip.MustParseAddrPort(listener.Addr().String()).Port()), v.state.Ports[portSMTP]
		v.state.Ports[portMail] = taken
		Expect(v.freePorts(mailboxDaemon(p, v.state))).To(Succeed())
		Expect(v.state.Ports).NotTo(HaveKeyWithValue(portMail, taken))
		Expect(v.state.Ports).To(HaveKeyWithValue(portSMTP, free))
	})
})

var _ = Describe("A lock", func() {
	It("has one holder at a time", func(ctx SpecContext) {
		path := filepath.Join(GinkgoT().TempDir(), "dir", "lock")
		unlock, err := lockFile(ctx, path, func() { Fail("nobody holds it") })
		Expect(err).NotTo(HaveOccurred())
		canceled, cancel := context.WithCancel(ctx)
		_, err = lockFile(canceled, path, cancel)
		Expect(err).To(MatchError(context.Canceled))
		_, err = lockFile(ctx, path, unlock)
		Expect(err).NotTo(HaveOccurred())
	})
})

var _ = Describe("The environment file", func() {
	DescribeTable("is read by a shell", func(ctx SpecContext, value string) {
		Expect(exec.CommandContext(ctx, "sh", "-c", "A="+quote(value)+`; printf %s "$A"`).Output()).To(BeEquivalentTo(value))
	},
		Entry("plain", "plain"), Entry("with spaces", "with space"), Entry("with quotes", `it's "$HOME" \ *`),
	)
})
