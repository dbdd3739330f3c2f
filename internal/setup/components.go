// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package setup

import (
	"fmt"
	"slices"
)

// Component is a part of Usher that can run in a process of its own, with the rights of its own ServiceAccount.
type Component string

const (
	// ComponentControllers are the webhooks and the reconcilers. Nobody outside of the cluster reaches them.
	ComponentControllers Component = "Controllers"
	// ComponentPortal is what faces the internet: the portal and the intake.
	ComponentPortal Component = "Portal"
)

// components returns components by their names.
func components(names []string) []Component {
	all := make([]Component, len(names))
	for n, name := range names {
		all[n] = Component(name)
	}
	return all
}

// running returns the components that run in this process.
func (o *Options) running() []Component {
	if len(o.Components) == 0 {
		return []Component{ComponentControllers, ComponentPortal}
	}
	return o.Components
}

// runs reports whether a component runs in this process.
func (o *Options) runs(c Component) bool { return slices.Contains(o.running(), c) }

// validateComponents returns the components that there are not.
func (o *Options) validateComponents() []error {
	var wrong []error
	for _, c := range o.Components {
		if c != ComponentControllers && c != ComponentPortal {
			wrong = append(wrong, fmt.Errorf("--components contains %q: set it to %s, %s or both",
				c, ComponentControllers, ComponentPortal))
		}
	}
	return wrong
}

// questionsNamespace returns the namespace in which customers' questions are kept.
func (o *Options) questionsNamespace() string {
	if o.QuestionsNamespace != "" {
		return o.QuestionsNamespace
	}
	return o.Namespace
}
