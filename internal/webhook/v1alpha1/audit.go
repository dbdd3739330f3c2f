// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	"context"
	"strings"

	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"github.com/usher-operator/usher/internal/authz"
)

// Keys of the audit annotations. The API server prefixes them with the webhook's name.
const (
	auditActor = "actor"
	auditRole  = "role"
	auditRule  = "rule"
)

// allowed stands for the rule in the audit log if a request breaks none.
const allowed = "allowed"

type notesKey struct{}

// audited adds to every answer what audit noted for the audit log: who acted, in which role, and which rules decided.
type audited struct{ admission.Handler }

// Handle answers a request.
func (a audited) Handle(ctx context.Context, r admission.Request) admission.Response {
	notes := map[string]string{}
	response := a.Handler.Handle(context.WithValue(ctx, notesKey{}, notes), r)
	response.AuditAnnotations = notes
	return response
}

// audit notes a decision for the audit log.
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
