// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package mail

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("The catalogues of mails", func() {
	It("are in English and Spanish, with the same phrases and values", func() {
		Expect(languages.Named("en")).NotTo(BeNil())
		Expect(languages.Named("es")).NotTo(BeNil())
		Expect(languages.Check()).To(Succeed())
	})
})
