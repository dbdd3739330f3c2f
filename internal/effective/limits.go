// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package effective

import "github.com/usher-operator/usher/api/v1alpha1"

// etcd accepts 1.5 MiB of an object. The spec and the status share them, so each list in a status that may grow has a share of its own,
// with the managed fields that name its entries. What has no room is left out and said so: a status that is too large could not be
// written at all, and nothing would come into force.
const (
	// MaxAdministrators is how many administrators the ledger takes in. Those who were on it before stay.
	MaxAdministrators = 1000
	// maxNewcomers is how many administrators a plan adds: each is read past the cache. The next plan adds more.
	maxNewcomers = 100
	// maxHolders is how many holders of a module the status lists. More seats, stored before the API had this maximum, count as that many.
	maxHolders = 10000
	// maxSeatBytes is how much the holders of all modules take together.
	maxSeatBytes = 448 << 10
	// maxModules is how many modules the status lists, with those that are no longer bought.
	maxModules = 256
	// MaxGroups is how many groups the status counts.
	MaxGroups = 1000
	// maxGrantBytes is how much the workspaces of a user take.
	maxGrantBytes = 768 << 10
)

// holderBytes is how much a holder's name takes in JSON: with quotes and a comma.
func holderBytes(name string) int { return len(name) + 3 }

// seatBytes returns how much the holders of all modules take, with those who leave.
func seatBytes(o *v1alpha1.Organization) int {
	total := 0
	for n := range o.Status.Modules {
		for _, names := range [][]string{o.Status.Modules[n].Holders, o.Status.Modules[n].Leaving} {
			for _, name := range names {
				total += holderBytes(name)
			}
		}
	}
	return total
}

// longestHolder is how much the longest name of a holder takes.
const longestHolder = 63 + 3

// WithheldModules names the modules that have free seats nobody can get, because the status has no room for another holder.
func WithheldModules(o *v1alpha1.Organization) []string {
	if seatBytes(o)+longestHolder <= maxSeatBytes {
		return nil
	}
	var names []string
	for n := range o.Status.Modules {
		if m := &o.Status.Modules[n]; m.Seats != nil && m.Used != nil && *m.Used < *m.Seats {
			names = append(names, m.Name)
		}
	}
	return names
}

// grantBytes returns how much a user's workspaces take in the status, with the managed fields that name each of them.
func grantBytes(grants []v1alpha1.WorkspaceGrantStatus) int {
	const entry, origin = 140, 48 // what is around the names
	total := 0
	for n := range grants {
		total += entry + 2*len(grants[n].Name)
		for _, o := range grants[n].Origins {
			total += origin + len(o.Group)
		}
	}
	return total
}

// FitGrants returns a user's workspaces as far as the status has room for them, and how many it has no room for. If there is no room for
// all origins, it first leaves out all but the strongest one of each workspace.
func FitGrants(grants []v1alpha1.WorkspaceGrantStatus) (fitting []v1alpha1.WorkspaceGrantStatus, omitted int) {
	if grantBytes(grants) <= maxGrantBytes {
		return grants, 0
	}
	room := maxGrantBytes
	for n := range grants {
		g := grants[n]
		g.Origins = g.Origins[:min(len(g.Origins), 1)]
		if room -= grantBytes([]v1alpha1.WorkspaceGrantStatus{g}); room < 0 {
			return fitting, len(grants) - n
		}
		fitting = append(fitting, g)
	}
	return fitting, 0
}
