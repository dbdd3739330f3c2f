// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"os"
)

// removeNodes removes what a cluster with nodes has outside of its directory: links and routes, and the cgroups.
func removeNodes(p paths, s *state, out *console) error {
	if os.Geteuid() != 0 {
		return nil // there can be none
	}
	removed, err := removeBridges(p.dev(""))
	if s.Network != nil {
		removed = append(removed, s.Network.bridge())
	}
	groups, found := findHierarchies()
	if found != nil {
		return errors.Join(err, found)
	}
	for _, name := range removed {
		err = errors.Join(err, groups.remove(name))
	}
	if s.Network != nil {
		out.say("removed the nodes' network and cgroups")
	}
	return err
}
