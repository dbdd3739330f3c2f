// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package authz_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/internal/authz"
)

var _ = DescribeTable("NOV-4 The command that takes Invitations over", func(inviter string, names []string, command string) {
	Expect(authz.TakeOver("acme", inviter, names...)).To(Equal(command))
},
	Entry("names them all", "bea@acme.example", []string{"sales", "support"},
		`kubectl patch invitation sales support -n acme --type=merge -p '{"spec":{"invitedBy":"bea@acme.example"}}'`),
	Entry("survives a shell, whatever the user name", `o'brien"@acme.example`, []string{"sales"},
		`kubectl patch invitation sales -n acme --type=merge -p '{"spec":{"invitedBy":"o'\''brien\"@acme.example"}}'`),
)
