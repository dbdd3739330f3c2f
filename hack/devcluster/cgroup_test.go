// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"path/filepath"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("Cgroups", func() {
	It("of version 1 are found with their controllers, and version 2 beside them", func() {
		found := parseHierarchies(`22 1 8:1 / / rw - ext4 /dev/vda rw
31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime shared:9 - cgroup cgroup rw,cpu,cpuacct
33 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
34 31 0:37 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,xattr,release_agent=/lib/agent,name=systemd
35 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw,nsdelegate
`)
		Expect(found).To(Equal(hierarchies{
			{dir: "/sys/fs/cgroup/cpu,cpuacct", options: "cpu,cpuacct"},
			{dir: "/sys/fs/cgroup/memory", options: "memory"},
			{dir: "/sys/fs/cgroup/systemd", options: "none,name=systemd"},
			{dir: "/sys/fs/cgroup/unified"},
		}))
		Expect(found.onlyV2()).To(BeFalse())
	})

	It("of version 2 only are told apart, and a mount that another one covers is ignored", func() {
		found := parseHierarchies(`30 23 0:26 / /sys/fs/cgroup rw - cgroup cgroup rw,memory
31 30 0:27 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate,memory_recursiveprot
`)
		Expect(found).To(Equal(hierarchies{{dir: "/sys/fs/cgroup"}}))
		Expect(found.onlyV2()).To(BeTrue())
	})

	It("of version 2 without a controller that nodes need are refused, with what to do", func() {
		dir := GinkgoT().TempDir()
		put(filepath.Join(dir, "cgroup.controllers"), "cpuset cpu io pids\n")
		Expect(delegate(dir)).To(MatchError(And(ContainSubstring("memory"), ContainSubstring("outside of a container"))))
		put(filepath.Join(dir, "cgroup.controllers"), "cpuset cpu io memory pids\n")
		put(filepath.Join(dir, "cgroup.subtree_control"), "")
		Expect(delegate(dir)).To(Succeed())
	})

	It("begin with the processors and memory of the one above, and are removed with those below", func() {
		root := GinkgoT().TempDir()
		for name, value := range map[string]string{"cpuset.cpus": "0-1\n", "cpuset.mems": "0\n"} {
			put(filepath.Join(root, name), value)
		}
		all := hierarchies{{dir: root, options: "cpuset"}}
		Expect(all.create("usher0/node1")).To(Succeed())
		Expect(content(filepath.Join(root, "usher0", "node1", "cpuset.cpus"))).To(Equal("0-1\n"))
		for _, dir := range []string{"usher0", "usher0/node1"} {
			for _, name := range []string{"cpuset.cpus", "cpuset.mems"} {
				Expect(os.Remove(filepath.Join(root, dir, name))).To(Succeed())
			}
		}
		Expect(all.remove("usher0")).To(Succeed())
		Expect(filepath.Join(root, "usher0")).NotTo(BeADirectory())
		Expect(all.remove("usher0")).To(Succeed(), "what is not there")
	})
})
