// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package pause

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/handler"

	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/mapper"
)

// OnResume enqueues the objects of an organization once Usher no longer holds them: when the pause is over, and when their namespace is
// deleted. List returns the objects by the organization's name. Everything that happened to them in the meantime was passed over, so all
// of them are needed.
func OnResume(list func(ctx context.Context, organization string) ([]types.NamespacedName, error)) handler.EventHandler {
	return mapper.OnChange(func(ctx context.Context, c mapper.Change[*corev1.Namespace]) ([]types.NamespacedName, error) {
		if c.Created() || !resumes(c) {
			return nil, nil
		}
		return list(ctx, c.Before.Name)
	})
}

// resumes reports whether a change of a namespace releases some of its objects.
func resumes(c mapper.Change[*corev1.Namespace]) bool {
	if !effective.IsPaused(c.Before) {
		return false
	}
	return c.Deleted() || !effective.IsPaused(c.After) ||
		effective.IsHeld(c.Before, true) && !effective.IsHeld(c.After, true)
}
