// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package lookup

import (
	"context"
	"fmt"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/internal/testing/builders"
)

var _ = Describe("A name with a comma that is not in quotes", func() {
	It("NOV-3 causes a warning that says how it is understood", func(ctx context.Context) {
		i := builders.Invitation("acme", "team", `Pérez, Ana <ana@acme.example>; "Ruiz, Eva" <eva@acme.example>`).Obj()
		Expect(holding(acme()).MissingReferenceWarnings(ctx, i)).To(HaveExactElements(
			`spec.emails: "Pérez, Ana" is understood as the name of ana@acme.example`))
	})

	It("causes a limited number of warnings", func() {
		var list strings.Builder
		for n := range 30 {
			fmt.Fprintf(&list, "Pérez, Ana <ana%d@acme.example>;", n)
		}
		warnings := joinedNameWarnings(builders.Invitation("acme", "team", list.String()).Obj())
		Expect(warnings).To(HaveLen(maxWarnings + 1))
		Expect(warnings[maxWarnings]).To(Equal(andMore))
	})
})
