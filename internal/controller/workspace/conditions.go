// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package workspace

import (
	"cmp"
	"fmt"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/status"
)

// problem keeps a part of the spec from being in force.
type problem struct {
	// set is status.Stalled, or status.Progressing for a problem that passes without a change of the Workspace.
	set             func(o status.Object, reason, message string)
	reason, message string
}

func stalled(reason, message string) *problem { return &problem{status.Stalled, reason, message} }

func progressing(reason, message string) *problem {
	return &problem{status.Progressing, reason, message}
}

// setConditions sets the conditions to what the phases found. The first problem counts: a failure, the namespace, the devices, the
// intake.
func setConditions(s *scope, failed error) {
	w := s.workspace
	switch {
	case failed != nil:
		status.Progressing(w, v1alpha1.ReasonFailed, failed.Error())
	case s.namespace == nil && s.namespaceProblem == nil:
		// A transient error ended reconcileNamespace. It leads to another pass, and the conditions stay until then.
	default:
		if p := cmp.Or(s.namespaceProblem, s.deviceProblem, s.intakeProblem); p != nil {
			p.set(w, p.reason, p.message)
			return
		}
		status.Ready(w, v1alpha1.ReasonReady, fmt.Sprintf("namespace %q is ready", s.namespace.Name))
	}
}
