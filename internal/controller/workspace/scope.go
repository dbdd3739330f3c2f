// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package workspace

import (
	"context"

	corev1 "k8s.io/api/core/v1"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
)

// scope is what the phases of one pass share.
type scope struct {
	// workspace is the object, whose status the phases fill; before is a copy of it as it was read.
	workspace, before *v1alpha1.Workspace
	// organization is the workspace's; nil: there is none.
	organization *v1alpha1.Organization
	// found is the namespace of the requested name as the cache shows it, whoever owns it; nil: there is none.
	found *corev1.Namespace

	// namespace is the one in force, set by reconcileNamespace; nil: there is none.
	namespace *corev1.Namespace
	// devices are those in force, set by reconcileDevices.
	devices []*v1alpha1.Device
	// namespaceProblem, deviceProblem, intakeProblem and queueProblem are what keeps parts of the spec from being in force; nil: nothing
	// does.
	namespaceProblem, deviceProblem, intakeProblem, queueProblem *problem
}

// newScope reads what several phases need. What the cache cannot say decides nothing: a namespace that could not be read is not one
// that is gone.
func (r *Reconciler) newScope(ctx context.Context, w *v1alpha1.Workspace) (*scope, error) {
	s := &scope{workspace: w, before: w.DeepCopy()}
	effective.RecordIdentity(w)
	var err error
	if s.organization, err = r.cache.Organization(ctx, w.Namespace); err != nil {
		return nil, err
	}
	s.found, err = namespaceNamed(ctx, r.cache, effective.NamespaceOf(w))
	return s, err
}
