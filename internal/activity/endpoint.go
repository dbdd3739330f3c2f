// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package activity

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/go-logr/logr"

	"github.com/usher-operator/usher/internal/authz"
	"github.com/usher-operator/usher/internal/live"
	"github.com/usher-operator/usher/internal/lookup"
)

// AuditPath is where the audit endpoint is served.
const AuditPath = "/audit"

// maxBody is the maximum size of a body in bytes. A batch of 400 events at level Metadata has less than one million.
const maxBody = 10 << 20

// AuditOptions configure the audit endpoint.
type AuditOptions struct {
	// TokenFile is a file of bearer tokens, one per line, each of which is accepted. It is read at every request.
	TokenFile string
	// Cache finds people and workspaces.
	Cache lookup.Reader
	// Platform names the identities that are not people.
	Platform live.Value[authz.Platform]
	// Seen is called for every person who made a request.
	Seen func(namespace, user string, at time.Time)
	// Now is the clock. An event from the future counts as now.
	Now func() time.Time
	// Log receives errors.
	Log logr.Logger
}

// auditEndpoint receives the audit events that a kube-apiserver sends.
type auditEndpoint struct{ AuditOptions }

// NewAuditEndpoint returns the endpoint. While its token file is unusable, it accepts nothing.
func NewAuditEndpoint(o AuditOptions) http.Handler { return auditEndpoint{o} }

// CheckTokens returns what is wrong with a token file.
func CheckTokens(file string) error {
	if _, err := readTokens(file); err != nil {
		return fmt.Errorf("--audit-token-file: %w", err)
	}
	return nil
}

// ServeHTTP answers 200 once it has recorded the events, 401 without a valid token, 405 for methods other than POST, 413 for a body
// that is too large, 400 for a body that is not a list of events, and 500 or 503 for errors of the operator.
func (e auditEndpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch valid, err := e.authenticated(r); {
	case err != nil:
		e.Log.Error(err, "cannot check the token of a sender of audit events")
		http.Error(w, "the operator cannot use its --audit-token-file: see the operator's log", http.StatusServiceUnavailable)
	case !valid:
		w.Header().Set("WWW-Authenticate", "Bearer")
		http.Error(w, "audit events need a bearer token from the operator's --audit-token-file: set it in the API server's "+
			"--audit-webhook-config-file", http.StatusUnauthorized)
	case r.Method != http.MethodPost:
		w.Header().Set("Allow", http.MethodPost)
		http.Error(w, "audit events are accepted by POST only", http.StatusMethodNotAllowed)
	default:
		e.receive(w, r)
	}
}

// receive reads and records the events of a request.
func (e auditEndpoint) receive(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		http.Error(w, fmt.Sprintf("the body exceeds %d bytes: log at level Metadata only, or reduce the API server's "+
			"--audit-webhook-batch-max-size", large.Limit), http.StatusRequestEntityTooLarge)
		return
	}
	if err != nil {
		http.Error(w, "cannot read the body", http.StatusBadRequest)
		return
	}
	requests, err := readEvents(body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if err := e.record(r.Context(), requests); err != nil {
		e.Log.Error(err, "cannot look up the users of audit events")
		http.Error(w, "cannot look up the users of the events: see the operator's log", http.StatusInternalServerError)
	}
}

// record records the requests of people in namespaces of their organization.
func (e auditEndpoint) record(ctx context.Context, requests map[requester]request) error {
	now := e.Now()
	for who, r := range requests {
		organizations, err := e.organizations(ctx, who.namespace)
		if err != nil {
			return err
		}
		for _, namespace := range organizations {
			actor, err := e.Cache.Actor(ctx, e.Platform.Load(), namespace, who.username, r.groups)
			if err != nil {
				return err
			}
			if actor.Kind == authz.ActorPerson {
				e.Seen(namespace, actor.User, earlier(r.at, now))
			}
		}
	}
	return nil
}

// organizations returns the namespaces of the organizations that a namespace may belong to: itself, and that of the workspace that
// owns it.
func (e auditEndpoint) organizations(ctx context.Context, namespace string) ([]string, error) {
	workspaces, err := e.Cache.WorkspacesByNamespace(ctx, namespace)
	found := []string{namespace}
	for _, w := range workspaces {
		if w.Status.Namespace == namespace && w.Namespace != namespace {
			found = append(found, w.Namespace)
		}
	}
	return found, err
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
