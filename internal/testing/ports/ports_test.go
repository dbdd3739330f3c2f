// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package ports

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// asked names the environment variable that turns this program into another process, which asks for a port.
const asked = "USHER_PORTS_ASKED"

func TestMain(m *testing.M) {
	number, ok := os.LookupEnv(asked)
	if !ok {
		os.Exit(m.Run())
	}
	port, err := strconv.Atoi(number)
	if err == nil {
		err = take("127.0.0.1", port)
	}
	fmt.Println(err)
}

func TestPorts(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "Ports for tests")
}

var _ = Describe("Ports for tests", func() {
	It("are free, returned once each, and outside the range of outgoing connections", func() {
		low, high := bounds(kernelRange)
		seen := map[int]bool{}
		for range 50 {
			port, err := Free("localhost")
			Expect(err).NotTo(HaveOccurred())
			Expect(port).To(And(BeNumerically(">=", low), BeNumerically("<=", high)))
			Expect(seen).NotTo(HaveKey(port))
			seen[port] = true
			listener, err := net.Listen("tcp", net.JoinHostPort("localhost", strconv.Itoa(port)))
			Expect(err).NotTo(HaveOccurred())
			Expect(listener.Close()).To(Succeed())
		}
	})

	It("belong to the process that asked for them until it ends", func(ctx SpecContext) {
		another := func(port int) string {
			command := exec.CommandContext(ctx, os.Args[0])
			command.Env = append(os.Environ(), fmt.Sprintf("%s=%d", asked, port))
			out, err := command.CombinedOutput()
			Expect(err).NotTo(HaveOccurred(), string(out))
			return strings.TrimSpace(string(out))
		}
		port, err := Free("127.0.0.1")
		Expect(err).NotTo(HaveOccurred())
		Expect(another(port)).To(Equal("resource temporarily unavailable"))
		held.Lock()
		defer held.Unlock()
		Expect(held.locks[port].Close()).To(Succeed(), "as the end of this process would")
		Expect(another(port)).To(Equal("<nil>"))
	})

	It("are not ports on which another server listens", func() {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(listener.Close)
		port := netip.MustParseAddrPort(listener.Addr().String()).Port()
		Expect(take("127.0.0.1", int(port))).To(MatchError(ContainSubstring("address already in use")))
	})

	It("are refused for a host that is not this machine", func() {
		_, err := Free("192.0.2.1")
		Expect(err).To(MatchError(ContainSubstring("look for a free port of 192.0.2.1")))
	})

	DescribeTable("lie outside the range of outgoing connections", func(content string, low, high int) {
		path := filepath.Join(GinkgoT().TempDir(), "range")
		Expect(os.WriteFile(path, []byte(content), 0o600)).To(Succeed())
		first, last := bounds(path)
		Expect([]int{first, last}).To(Equal([]int{low, high}))
	},
		Entry("by default", "32768\t60999\n", 10000, 19999),
		Entry("when it begins within the range", "15000 60999", 10000, 14999),
		Entry("when it begins below the range", "1024 60999", 61000, 65535),
		Entry("when it covers everything", "1024 65535", 10000, 19999),
		Entry("when the file cannot be parsed", "many", 10000, 19999),
	)

	It("do not need the kernel's file", func() {
		low, high := bounds(filepath.Join(GinkgoT().TempDir(), "missing"))
		Expect([]int{low, high}).To(Equal([]int{first, last}))
	})
})
