// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package authz_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/internal/authz"
)

var _ = Describe("The commands that a person can start with", func() {
	spaces := []authz.Space{{Title: "Soporte", Namespace: "acme-support"}, {Title: "Ventas"}}

	It("LMI-12 say who they are, and show their workspaces", func() {
		Expect(authz.CommandsFor(member, "acme", spaces)).To(Equal([]authz.Command{
			{Name: "whoami", Line: "kubectl auth whoami"},
			{Name: "workspace", Workspace: "Soporte", Line: "kubectl get all -n acme-support"},
		}))
	})

	It("LMI-12 show the organization to those who may see it", func() {
		organization := authz.Command{Name: "organization", Line: "kubectl get orgusers,invitations,workspaces -n acme"}
		for _, role := range allRoles {
			sees := role != member && role != notifications
			Expect(authz.CommandsFor(role, "acme", nil)[1:]).To(HaveLen(map[bool]int{true: 1}[sees]), string(role))
			if sees {
				Expect(authz.CommandsFor(role, "acme", nil)).To(ContainElement(organization))
			}
		}
	})
})
