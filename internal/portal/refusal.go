// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package portal

import (
	"errors"

	"github.com/usher-operator/usher/internal/linktoken"
)

// refusalOf returns the error for a link that could not be verified: it is unknown, unless the operator has no keys to tell.
func refusalOf(err error) error {
	if errors.Is(err, linktoken.ErrNoKeys) {
		return err
	}
	return ErrUnknown
}
