// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package effective

import "github.com/usher-operator/usher/api/v1alpha1"

// SeatHolders lists every seat of an organization as module/holder.
func SeatHolders(o *v1alpha1.Organization) []string {
	var names []string
	for _, m := range o.Status.Modules {
		for _, holder := range m.Holders {
			names = append(names, m.Name+"/"+holder)
		}
	}
	return names
}
