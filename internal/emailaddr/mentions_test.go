// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package emailaddr_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/internal/emailaddr"
)

var _ = DescribeTable("The addresses that a text mentions", func(text string, addresses, malformed []string) {
	found, wrong := emailaddr.Mentions(text)
	Expect(found).To(Equal(addresses))
	Expect(wrong).To(Equal(malformed))
},
	Entry("are none in a time", "2026-11-30T10:00:00Z", nil, nil),
	Entry("are none in nothing", "", nil, nil),
	Entry("are those separated by space, comma or semicolon, beside other words", "luis@acme.example, eva@acme.example;sam@acme.example 2",
		[]string{"luis@acme.example", "eva@acme.example", "sam@acme.example"}, nil),
	Entry("count once, however they are spelled", "Luis <LUIS@ACME.example> luis@acme.example", []string{"luis@acme.example"}, nil),
	Entry("are listed apart when they are not addresses", "luis@acme..example @2 luis@acme..example eva@acme.example",
		[]string{"eva@acme.example"}, []string{"luis@acme..example", "@2"}),
)
