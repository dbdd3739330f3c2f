// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"github.com/usher-operator/usher/internal/authz"
)

// noteSeen notes that a person was seen (ORG-17). A refused request counts, because somebody was at work. A dry run does not,
// because it must leave no trace.
func (a authorizer) noteSeen(actor authz.Actor, r admission.Request) {
	if a.seen != nil && actor.Kind == authz.ActorPerson && !ptr.Deref(r.DryRun, false) {
		a.seen(r.Namespace, actor.User)
	}
}
