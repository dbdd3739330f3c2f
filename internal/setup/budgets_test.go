// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package setup

import (
	"flag"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/internal/delivery/budget"
)

var _ = Describe("OPS-9 The flags of budgets", func() {
	parse := func(arguments ...string) budget.Limits {
		o := DefaultOptions()
		flags := flag.NewFlagSet("", flag.ContinueOnError)
		BudgetFlags(flags, &o)
		Expect(flags.Parse(arguments)).To(Succeed())
		return o.Budgets
	}

	It("are on by default, each with a limit", func() {
		limits := parse()
		Expect(limits).To(Equal(budget.Default()))
		for _, f := range budgetFlags() {
			Expect(*f.value(&limits)).To(BeNumerically(">", 0), f.name)
		}
	})

	It("set each limit, and can be turned off", func() {
		var o Options
		for n, f := range budgetFlags() {
			*f.value(&o.Budgets) = n
		}
		Expect(parse(BudgetArguments(&o)...)).To(Equal(o.Budgets))
	})
})
