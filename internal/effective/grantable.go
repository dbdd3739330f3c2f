// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package effective

import (
	"fmt"
	"slices"
	"strings"

	"github.com/usher-operator/usher/api/v1alpha1"
)

// ClusterRoleState says whether Usher may bind a ClusterRole.
type ClusterRoleState int

const (
	// NotFound is a ClusterRole that does not exist.
	NotFound ClusterRoleState = iota
	// NotGrantable is one that the platform team has not labelled.
	NotGrantable
	// Grantable is one that Usher may bind.
	Grantable
)

// ClusterRoleStates maps the names of the ClusterRoles that an organization's modules name to their states. A name that is
// not in the map is NotFound.
type ClusterRoleStates map[string]ClusterRoleState

// alwaysGrantable are bound without a label, because every workspace grants them.
var alwaysGrantable = []string{"admin", "edit", "view"}

// neverGrantable reports whether a ClusterRole belongs to the cluster itself. What it grants must not be granted in any
// workspace, even if somebody labels it.
func neverGrantable(name string) bool {
	return name == "cluster-admin" || strings.HasPrefix(name, "system:")
}

// StateOfClusterRole returns the state of a ClusterRole that exists.
func StateOfClusterRole(name string, labels map[string]string) ClusterRoleState {
	if neverGrantable(name) {
		return NotGrantable
	}
	if slices.Contains(alwaysGrantable, name) || labels[v1alpha1.LabelGrantable] == "true" {
		return Grantable
	}
	return NotGrantable
}

// ModuleProblem is a module whose ClusterRole cannot be bound.
type ModuleProblem struct {
	// Stuck is true if only the platform team can help, with a label. False means that the ClusterRole may still be created.
	Stuck bool
	// Message says which module and which ClusterRole, and what to do.
	Message string
}

// ModuleProblems returns the modules of an organization whose ClusterRoles cannot be bound, those that are stuck first.
func ModuleProblems(o *v1alpha1.Organization, states ClusterRoleStates) []ModuleProblem {
	var stuck, missing []ModuleProblem
	for _, m := range o.Spec.Subscription.Modules {
		switch role := m.ClusterRoleName; {
		case role == "":
		case states[role] == NotGrantable:
			stuck = append(stuck, ModuleProblem{Stuck: true, Message: fmt.Sprintf("module %q: %s", m.Name, NotGrantableMessage(role))})
		case states[role] == NotFound:
			missing = append(missing, ModuleProblem{Message: fmt.Sprintf(
				"module %q: there is no ClusterRole %q yet", m.Name, role)})
		}
	}
	return append(stuck, missing...)
}

// NotGrantableMessage says why Usher may not bind a ClusterRole, and what to do.
func NotGrantableMessage(clusterRole string) string {
	if neverGrantable(clusterRole) {
		return fmt.Sprintf("ClusterRole %q belongs to the cluster itself, so Usher never binds it: name another one", clusterRole)
	}
	return fmt.Sprintf("Usher may not bind ClusterRole %q: ask the platform team to run `kubectl label clusterrole %s %s=true`",
		clusterRole, clusterRole, v1alpha1.LabelGrantable)
}
