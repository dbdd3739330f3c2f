// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package workspace

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/status"
)

// problem keeps a part of the spec from being in force.
type problem struct {
	// stalled is true if somebody has to change something; otherwise the problem passes by itself.
	stalled         bool
	reason, message string
}

func stalled(reason, message string) *problem { return &problem{true, reason, message} }

func progressing(reason, message string) *problem { return &problem{false, reason, message} }

// setConditions sets how the workspace stands. If nobody can have access before somebody changes something, that comes before what has
// failed, which is retried; all else comes after it.
func setConditions(s *scope, failed error) {
	w := s.workspace
	p := cmp.Or(s.namespaceProblem, s.deviceProblem, s.intakeProblem, s.queueProblem)
	switch {
	case failed != nil && (s.namespaceProblem == nil || !s.namespaceProblem.stalled):
		status.Progressing(w, v1alpha1.ReasonFailed, strings.ReplaceAll(failed.Error(), "\n", "; "))
	case s.namespace == nil && s.namespaceProblem == nil:
		// A transient error ended reconcileNamespace. It leads to another pass, and the conditions stay until then.
	case p == nil:
		status.Ready(w, v1alpha1.ReasonReady, fmt.Sprintf("namespace %q is ready", s.namespace.Name))
	case p.stalled:
		status.Stalled(w, p.reason, p.message)
	default:
		status.Progressing(w, p.reason, p.message)
	}
}
