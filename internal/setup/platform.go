// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package setup

import (
	"fmt"
	"slices"
)

// everybody are the names that Kubernetes gives to whoever makes a request, and to all pods. A platform identity that is everybody would
// be bound by no role.
var (
	everybodyGroups = []string{"system:authenticated", "system:unauthenticated", "system:serviceaccounts"}
	everybodyUsers  = []string{"system:anonymous"}
)

// validatePlatform returns the platform identities that are everybody.
func (o *Options) validatePlatform() []error {
	var wrong []error
	refuse := func(flag string, names, everybody []string) {
		for _, name := range names {
			if slices.Contains(everybody, name) {
				wrong = append(wrong, fmt.Errorf("%s contains %q, which would free everybody from all roles: name the platform team's own",
					flag, name))
			}
		}
	}
	refuse("--platform-users", o.PlatformUsers, everybodyUsers)
	refuse("--platform-groups", o.PlatformGroups, everybodyGroups)
	return wrong
}
