// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package setup

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("Platform identities", func() {
	It("cannot be everybody, which the error says", func() {
		o := options()
		o.PlatformGroups = []string{"platform", "system:authenticated", "system:serviceaccounts"}
		o.PlatformUsers = []string{"root", "system:anonymous"}
		Expect(o.Validate()).To(MatchError(`--platform-users contains "system:anonymous", which would free everybody from all roles: ` +
			`name the platform team's own` + "\n" +
			`--platform-groups contains "system:authenticated", which would free everybody from all roles: name the platform team's own` + "\n" +
			`--platform-groups contains "system:serviceaccounts", which would free everybody from all roles: name the platform team's own`))
		o.PlatformGroups, o.PlatformUsers = []string{"platform"}, []string{"system:serviceaccount:argocd:argocd"}
		Expect(o.Validate()).To(Succeed())
	})
})
