// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package testenv

import (
	"os"
	"os/exec"
	"path/filepath"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("The watchdog", func() {
	var (
		dog  *watchdog
		ends chan error
	)

	BeforeEach(func() {
		dir := filepath.Join(GinkgoT().TempDir(), "it's a directory")
		Expect(os.Mkdir(dir, 0o700)).To(Succeed())
		var err error
		dog, err = startWatchdog(dir)
		Expect(err).NotTo(HaveOccurred())
		sleep, err := exec.LookPath("sleep")
		Expect(err).NotTo(HaveOccurred())
		program, err := dog.launcher(sleep)
		Expect(err).NotTo(HaveOccurred())
		process := exec.Command(program, "600")
		Expect(process.Start()).To(Succeed())
		ended := make(chan error, 1)
		gone := make(chan struct{})
		go func() {
			defer close(gone)
			ended <- process.Wait()
		}()
		ends = ended
		DeferCleanup(func() {
			_ = process.Process.Kill()
			Eventually(gone).Should(BeClosed())
		})
		Eventually(program + ".pid").Should(BeARegularFile())
	})

	It("kills what was started when the test process ends, and removes the files", func() {
		Expect(dog.stdin.Close()).To(Succeed()) // as the kernel does when a process ends
		Eventually(ends).Should(Receive(MatchError(ContainSubstring("killed"))))
		Eventually(dog.dir).ShouldNot(BeADirectory())
		Expect(dog.dismiss()).To(Succeed())
	})

	It("kills nothing when it is dismissed", func() {
		Expect(dog.dismiss()).To(Succeed())
		Consistently(ends).WithTimeout(200 * time.Millisecond).ShouldNot(Receive())
		Expect(dog.dir).To(BeADirectory())
	})
})
