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
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

const testTimeout = 20 * time.Second

// sleeper launches a daemon that does nothing, in a checkout of its own.
func sleeper() (paths, process, <-chan struct{}) {
	GinkgoHelper()
	p := checkout()
	sleep, err := exec.LookPath("sleep")
	Expect(err).NotTo(HaveOccurred())
	Expect(os.MkdirAll(p.bin(""), 0o700)).To(Succeed())
	Expect(os.Symlink(sleep, p.bin("sleeper"))).To(Succeed())
	d := daemon{name: daemonMailbox, binary: "sleeper", args: []string{"600"}}
	running, _, exited, err := d.launch(p, p.log("sleeper.log"))
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(func(ctx context.Context) { _ = running.stop(ctx) })
	return p, running, exited
}

var _ = Describe("A process", func() {
	It("is known by more than its id", func(ctx SpecContext) {
		_, running, exited := sleeper()
		Expect(running.alive()).To(BeTrue())
		recycled := running
		recycled.Start++
		rebooted := running
		rebooted.Boot = "another"
		for _, other := range []process{recycled, rebooted, {}} {
			Expect(other.alive()).To(BeFalse(), "%+v is another process than %+v", other, running)
			Expect(other.stop(ctx)).To(Succeed())
		}
		Expect(running.alive()).To(BeTrue(), "stopping another process of the same id stopped this one")
		Expect(running.stop(ctx)).To(Succeed())
		Expect(running.alive()).To(BeFalse())
		Eventually(exited).WithTimeout(testTimeout).Should(BeClosed())
		Expect(running.stop(ctx)).To(Succeed(), "stopping twice")
	})

	It("listens on a port when it does so itself", func() {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(listener.Close)
		port := int(netip.MustParseAddrPort(listener.Addr().String()).Port())
		self, err := identify(os.Getpid())
		Expect(err).NotTo(HaveOccurred())
		_, other, _ := sleeper()
		Expect(self.listensOn(port)).To(BeTrue())
		Expect(other.listensOn(port)).To(BeFalse())
	})
})

var _ = Describe("A daemon", func() {
	It("is found by its mark, in its own directory", func() {
		p, running, _ := sleeper()
		// The mark appears when the new program has replaced the copy of this one.
		Eventually(func(g Gomega) {
			found, err := marked(p.dev(""))
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(found[daemonMailbox]).To(HaveExactElements(Satisfy(running.same)))
		}).WithTimeout(testTimeout).Should(Succeed())
		Expect(marked(p.dev("elsewhere"))).To(BeEmpty())
	})

	DescribeTable("is marked", func(environment, want string) {
		name, ok := markOf([]byte(environment), "/d/.dev")
		Expect(ok).To(Equal(want != ""))
		if ok {
			Expect(name).To(Equal(want))
		}
	},
		Entry("by directory and name", "A=1\x00"+markDir+"=/d/.dev\x00"+markName+"=etcd\x00", "etcd"),
		Entry("not by another directory", markName+"=etcd\x00"+markDir+"=/d/.dev2", ""),
		Entry("not by its name alone", markName+"=etcd", ""),
		Entry("not by the directory alone", markDir+"=/d/.dev", ""),
		Entry("not by another variable", "X"+markDir+"=/d/.dev\x00"+markName+"=etcd", ""),
	)
})

var _ = Describe("The end of a log", func() {
	It("is the last lines since an offset", func() {
		log := filepath.Join(GinkgoT().TempDir(), "log")
		put(log, "old\n"+strings.Repeat("new\n", 20))
		got := tail(log, int64(len("old\n")))
		Expect(got).NotTo(ContainSubstring("old"))
		Expect(strings.Count(got, "new")).To(Equal(tailLines))
	})
})
