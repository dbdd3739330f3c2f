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
	// NotFound is a ClusterRole that is not there.
	NotFound ClusterRoleState = iota
	// NotGrantable is one that the platform team has not labelled.
	NotGrantable
	// Grantable is one that Usher may bind.
	Grantable
)

// ClusterRoleStates tells of each ClusterRole that an organization's modules name how it stands; one that is not listed is
// not there.
type ClusterRoleStates map[string]ClusterRoleState

// alwaysGrantable are bound without a label: every workspace grants them.
var alwaysGrantable = []string{"admin", "edit", "view"}

// neverGrantable tells the ClusterRoles that are the cluster's own: what they grant belongs into no workspace, whoever labels
// them.
func neverGrantable(name string) bool {
	return name == "cluster-admin" || strings.HasPrefix(name, "system:")
}

// StateOfClusterRole tells whether a ClusterRole that exists may be bound.
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
	// Stuck is true when only the platform team can help, by a label; false: the ClusterRole may be on its way.
	Stuck bool
	// Message says which module and which ClusterRole, and what to do.
	Message string
}

// ModuleProblems gives the modules of an organization whose ClusterRoles cannot be bound, those that are stuck first.
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
		return fmt.Sprintf("ClusterRole %q is the cluster's own, which Usher never binds: name another one", clusterRole)
	}
	return fmt.Sprintf("Usher may not bind ClusterRole %q: the platform team allows it with `kubectl label clusterrole %s %s=true`",
		clusterRole, clusterRole, v1alpha1.LabelGrantable)
}
