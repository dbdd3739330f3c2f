// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"fmt"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"
)

var _ = Describe("The index of questions", func() {
	It("finds the oldest records beyond a limit", func(ctx context.Context) {
		s := newStore(nil, interceptor.Funcs{})
		for n := range 4 {
			s.Now = func() time.Time { return noon.Add(time.Duration(n) * time.Hour) }
			Expect(s.Keep(ctx, fmt.Sprint(n), by(fmt.Sprintf("c%d@x.example", n), "support", "x"))).To(Succeed())
			passAll(ctx, s)
		}
		surplus, err := s.Surplus(ctx, "acme", 3)
		Expect(err).NotTo(HaveOccurred())
		Expect(surplus).To(ConsistOf(HaveField("Asked", noon)))
		Expect(s.Surplus(ctx, "acme", 4)).To(BeEmpty())
	})
})
