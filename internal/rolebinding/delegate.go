// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package rolebinding

import (
	"crypto/sha256"
	"encoding/hex"

	"github.com/usher-operator/usher/api/v1alpha1"
)

// delegateOf names a delegate's bindings by a digest: a user name may hold what an object's name cannot.
func DelegateHolder(o *v1alpha1.Organization, username string) Holder {
	sum := sha256.Sum256([]byte(username))
	return Holder{
		organization: o.Namespace,
		label:        v1alpha1.LabelDelegate,
		Name:         "delegate-" + hex.EncodeToString(sum[:6]),
		username:     username,
	}
}
