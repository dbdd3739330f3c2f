// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	"context"
	"fmt"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/authz"
)

// pauseWarnings returns what whoever makes a change has to know about the pause of the organization. A paused organization cannot say so
// in its conditions, because nothing is written there.
func (a authorizer) pauseWarnings(ctx context.Context, r authz.Request) ([]string, error) {
	if r.Actor.Kind == authz.ActorOperator || r.Actor.Kind == authz.ActorCleaner {
		return nil, nil
	}
	paused, err := a.cache.Paused(ctx, r.Organization)
	switch {
	case err != nil:
		return nil, err
	case r.Status && paused || !r.Status && !paused:
		return nil, nil
	}
	var warnings []string
	switch {
	case r.Status:
		warnings = append(warnings, fmt.Sprintf("organization %q is not paused: Usher may overwrite the status and send mails while you "+
			"restore it; set the annotation %s=true on namespace %q first", r.Organization, v1alpha1.AnnotationPaused, r.Organization))
	case r.Operation == authz.Delete:
		warnings = append(warnings, fmt.Sprintf("organization %q is paused: the object stays, with what it gives, until the platform team "+
			"removes the annotation %s from namespace %q or deletes the namespace",
			r.Organization, v1alpha1.AnnotationPaused, r.Organization))
	default:
		warnings = append(warnings, fmt.Sprintf("organization %q is paused: the change has no effect, and nobody is mailed, until the "+
			"platform team removes the annotation %s from namespace %q", r.Organization, v1alpha1.AnnotationPaused, r.Organization))
	}
	return warnings, nil
}
