// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package login

import (
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("The lock of a login", func() {
	It("SIG-3 is one process's at a time, although whoever leaves no login behind deletes it", func(ctx SpecContext) {
		const processes, rounds = 4, 25
		s, c := Store{Dir: filepath.Join(GinkgoT().TempDir(), "logins")}, Client{IssuerURL: "https://login.acme.example", ID: "kubectl"}
		var inside, met atomic.Int32
		var all sync.WaitGroup
		for range processes {
			all.Go(func() {
				defer GinkgoRecover()
				for range rounds {
					unlock, err := s.lock(ctx, c, func() {})
					Expect(err).NotTo(HaveOccurred())
					if inside.Add(1) > 1 {
						met.Add(1)
					}
					inside.Add(-1)
					unlock()
				}
			})
		}
		all.Wait()
		Expect(met.Load()).To(BeZero())
		Expect(os.ReadDir(s.Dir)).To(BeEmpty())

		By("keeping it beside a login")
		unlock, err := s.lock(ctx, c, func() {})
		Expect(err).NotTo(HaveOccurred())
		Expect(s.save(c, entry{IDToken: "x"})).To(Succeed())
		unlock()
		Expect(os.ReadDir(s.Dir)).To(HaveLen(2))
	})
})
