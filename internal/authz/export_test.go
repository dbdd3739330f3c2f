// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package authz

// Exported for the specs.
var (
	ChangedFields = changedFields
	MayGrant      = mayGrant
)
