// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package authz

import "github.com/usher-operator/usher/internal/effective"

// checkLogo refuses a logo that pages would not show.
func checkLogo(logo []byte) []Violation {
	if len(logo) == 0 {
		return nil
	}
	if _, err := effective.LogoType(logo); err != nil {
		return []Violation{invalid("spec.branding.logo", "logo-is-picture", "", err.Error())}
	}
	return nil
}
