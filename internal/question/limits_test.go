// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package question

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = DescribeTable("Counts return the limit that is reached", func(c Counts, want Limit) {
	Expect(c.Reached()).To(Equal(want))
},
	Entry(nil, Counts{}, Limit("")),
	Entry(nil, Counts{AddressOpen: 4, AddressToday: 19, WorkspaceOpen: 199, OrganizationOpen: 999}, Limit("")),
	Entry(nil, Counts{WorkspaceWaiting: 10000, OrganizationWaiting: 10000}, Limit("")),
	Entry(nil, Counts{AddressOpen: 5}, LimitAddress),
	Entry(nil, Counts{AddressWaiting: 15}, LimitAddress),
	Entry(nil, Counts{AddressToday: 20}, LimitDay),
	Entry(nil, Counts{WorkspaceOpen: 200}, LimitWorkspace),
	Entry(nil, Counts{OrganizationOpen: 1000}, LimitWorkspace),
)
