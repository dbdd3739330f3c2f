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
	"github.com/usher-operator/usher/internal/lookup"
)

// AuditPath is where the audit endpoint is served.
const AuditPath = "/audit"

// maxBody is in bytes. A batch of 400 events at level Metadata has less than one million.
const maxBody = 10 << 20

// AuditOptions are what the audit endpoint works with.
type AuditOptions struct {
	// TokenFile is a file of bearer tokens, one a line, each of which is good. It is read anew at every request.
	TokenFile string
	// Reader is the cache.
	Reader lookup.Reader
	// Platform names the identities that are no people.
	Platform authz.Platform
	// Seen takes whom the events show.
	Seen func(namespace, user string, at time.Time)
	// Now is the clock: nobody is seen later than now.
	Now func() time.Time
	// Log takes errors.
	Log logr.Logger
}

// auditEndpoint takes the audit events that a kube-apiserver sends.
type auditEndpoint struct{ AuditOptions }

// NewAuditEndpoint gives the endpoint. It fails when the token file cannot be used.
func NewAuditEndpoint(o AuditOptions) (http.Handler, error) {
	if _, err := readTokens(o.TokenFile); err != nil {
		return nil, fmt.Errorf("--audit-token-file: %w", err)
	}
	return auditEndpoint{o}, nil
}

// ServeHTTP answers 200 when it has taken the events, 401 without a good token, 405 to anything but POST, 413 to a body
// that is too large, 400 to what is no list of events, 500 and 503 when the fault is on this side.
func (e auditEndpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch good, err := e.authenticated(r); {
	case err != nil:
		e.Log.Error(err, "cannot check who sends audit events")
		http.Error(w, "the file with the tokens cannot be used; the operator's log says why", http.StatusServiceUnavailable)
	case !good:
		w.Header().Set("WWW-Authenticate", "Bearer")
		http.Error(w, "audit events need a bearer token that is in the operator's --audit-token-file: put it into the file that "+
			"the API server's --audit-webhook-config-file names", http.StatusUnauthorized)
	case r.Method != http.MethodPost:
		w.Header().Set("Allow", http.MethodPost)
		http.Error(w, "audit events are taken by POST", http.StatusMethodNotAllowed)
	default:
		e.take(w, r)
	}
}

func (e auditEndpoint) take(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		http.Error(w, fmt.Sprintf("more than %d bytes of events at once: send level Metadata only, or lower "+
			"--audit-webhook-batch-max-size", large.Limit), http.StatusRequestEntityTooLarge)
		return
	}
	if err != nil {
		http.Error(w, "the body ended too early", http.StatusBadRequest)
		return
	}
	visits, err := readEvents(body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if err := e.note(r.Context(), visits); err != nil {
		e.Log.Error(err, "cannot find out whose the audit events are")
		http.Error(w, "cannot find out whose the events are; the operator's log says why", http.StatusInternalServerError)
	}
}

// note finds out who of the visitors is a person of the organization that a namespace belongs to.
func (e auditEndpoint) note(ctx context.Context, visits map[visitor]visit) error {
	now := e.Now()
	for who, v := range visits {
		organizations, err := e.organizations(ctx, who.namespace)
		if err != nil {
			return err
		}
		for _, namespace := range organizations {
			actor, err := e.Reader.Actor(ctx, e.Platform, namespace, who.username, v.groups)
			if err != nil {
				return err
			}
			if actor.Kind == authz.ActorPerson {
				e.Seen(namespace, actor.User, earlier(v.at, now))
			}
		}
	}
	return nil
}

// organizations gives the namespaces of the organizations that a namespace belongs to: its own, if it is one's, and that
// of the workspace that it was made for.
func (e auditEndpoint) organizations(ctx context.Context, namespace string) ([]string, error) {
	workspaces, err := e.Reader.WorkspacesByNamespace(ctx, namespace)
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
