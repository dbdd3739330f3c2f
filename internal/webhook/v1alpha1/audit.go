// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	"context"
	"strings"

	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"github.com/usher-operator/usher/internal/authz"
)

// Keys of the audit annotations, which the API server puts the webhook's name in front of.
const (
	auditActor = "actor"
	auditRole  = "role"
	auditRule  = "rule"
)

// allowed is the rule in the audit log of a request that breaks none.
const allowed = "allowed"

type notesKey struct{}

// audited adds to every answer what the judgement noted for the audit log: who acted, in which role, by which rule.
type audited struct{ admission.Handler }

// Handle answers a request.
func (a audited) Handle(ctx context.Context, r admission.Request) admission.Response {
	notes := map[string]string{}
	response := a.Handler.Handle(context.WithValue(ctx, notesKey{}, notes), r)
	response.AuditAnnotations = notes
	return response
}

// audit notes a decision.
func audit(ctx context.Context, actor authz.Actor, violations []authz.Violation) {
	notes, ok := ctx.Value(notesKey{}).(map[string]string)
	if !ok {
		return
	}
	notes[auditActor] = string(actor.Kind) + " " + actor.Username
	notes[auditRole] = string(actor.Role)
	rules := make([]string, 0, len(violations))
	for _, v := range violations {
		rules = append(rules, v.Rule)
	}
	notes[auditRule] = allowed
	if len(rules) > 0 {
		notes[auditRule] = strings.Join(rules, ",")
	}
}
