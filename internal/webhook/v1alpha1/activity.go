// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"github.com/usher-operator/usher/internal/authz"
)

// noteSeen notes that a person was seen (ORG-17). A request that is refused counts: somebody was at work. A dry run does not:
// it must leave no trace.
func (g authorizer) noteSeen(actor authz.Actor, r admission.Request) {
	if g.seen != nil && actor.Kind == authz.ActorPerson && !ptr.Deref(r.DryRun, false) {
		g.seen(r.Namespace, actor.User)
	}
}
