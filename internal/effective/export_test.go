// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package effective

// NamespaceLabelKey is exported for the specs.
var NamespaceLabelKey = namespaceLabelKey

// Allow is exported for the specs.
func (d IntakeDomains) Allow(organization, address string) bool {
	return d.allow(organization, address)
}
