// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package testenv

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/rest"
)

// AuditEvent is a request in the API server's audit log, with the fields that tests need.
type AuditEvent struct {
	// Stage is ResponseComplete for an answered request, ResponseStarted for a watch that is still open, or Panic.
	Stage string `json:"stage"`
	// Verb is the verb of the request: get, list, watch, create, update, patch, delete or deletecollection.
	Verb string `json:"verb"`
	// RequestURI is the path with the query.
	RequestURI string `json:"requestURI"`
	// UserAgent is the client's User-Agent header.
	UserAgent string `json:"userAgent"`
	// User is the authenticated user.
	User AuditUser `json:"user"`
	// ImpersonatedUser is the user whom User impersonated, if any.
	ImpersonatedUser *AuditUser `json:"impersonatedUser"`
	// ObjectRef is the object of the request.
	ObjectRef AuditObject `json:"objectRef"`
	// ResponseStatus holds the HTTP status code of the response.
	ResponseStatus metav1.Status `json:"responseStatus"`
	// Annotations come from authorization and admission; the keys of a webhook start with its name.
	Annotations map[string]string `json:"annotations"`
	// RequestReceivedTimestamp is when the request arrived, by the API server's clock.
	RequestReceivedTimestamp metav1.MicroTime `json:"requestReceivedTimestamp"`
}

// AuditUser is a user in the audit log.
type AuditUser struct {
	// Username is the user's name.
	Username string `json:"username"`
	// Groups are the groups of the user.
	Groups []string `json:"groups"`
}

// AuditObject is the object of a request.
type AuditObject struct {
	// APIGroup is empty for the core group.
	APIGroup string `json:"apiGroup"`
	// Resource is the plural name.
	Resource string `json:"resource"`
	// Subresource is status, for example.
	Subresource string `json:"subresource"`
	// Namespace is empty for cluster-scoped objects.
	Namespace string `json:"namespace"`
	// Name may be empty if the name is generated.
	Name string `json:"name"`
}

// Actor returns the name of the user on whose behalf the request was made: the impersonated user, if any.
func (a AuditEvent) Actor() string {
	if a.ImpersonatedUser != nil {
		return a.ImpersonatedUser.Username
	}
	return a.User.Username
}

// String returns the request in one line.
func (a AuditEvent) String() string {
	return fmt.Sprintf("%s %s %s: %d", a.Actor(), a.Verb, a.RequestURI, a.ResponseStatus.Code)
}

// isWrite reports whether the request was to change stored objects. Queries that look like writes (reviews, tokens) and
// dry runs are not writes.
func (a AuditEvent) isWrite() bool {
	switch a.Verb {
	case "create", "update", "patch", "delete", "deletecollection":
	default:
		return false
	}
	review := strings.HasSuffix(a.ObjectRef.Resource, "reviews") || a.ObjectRef.Subresource == "token"
	return a.Stage == "ResponseComplete" && !review && !strings.Contains(a.RequestURI, "dryRun=All")
}

// Writes returns the write requests, including refused ones, that arrived at or after a time and match the filter, unless
// it is nil, in the order of the log. It includes every request answered before the call.
func (e *Env) Writes(ctx context.Context, since time.Time, filter func(AuditEvent) bool) ([]AuditEvent, error) {
	return e.auditEvents(ctx, func(a AuditEvent) bool {
		// The log has microseconds, so the comparison must not be finer.
		return a.isWrite() && !a.RequestReceivedTimestamp.Time.Before(since.Truncate(time.Microsecond)) &&
			(filter == nil || filter(a))
	})
}

// AuditLogPath returns the file of the audit log, for those who read more than the others would bear to keep in memory.
func (e *Env) AuditLogPath() string { return e.auditLog() }

func (e *Env) auditLog() string { return filepath.Join(e.dir, "audit.log") }

func (e *Env) auditEvents(ctx context.Context, wanted func(AuditEvent) bool) ([]AuditEvent, error) {
	log, err := e.AuditLog(ctx)
	if err != nil {
		return nil, err
	}
	return parseAudit(log, wanted)
}

// AuditLog sends a request of its own and reads the log when that request is in it, because a client may receive its
// response before the log has the line about it. The log includes every request answered before the call.
func (e *Env) AuditLog(ctx context.Context) ([]byte, error) {
	barrier := fmt.Sprintf("/version?barrier=%d", e.barriers.Add(1))
	if err := e.get(ctx, barrier); err != nil {
		return nil, fmt.Errorf("get %s: %w", barrier, err)
	}
	var log []byte
	err := wait.PollUntilContextTimeout(ctx, 10*time.Millisecond, time.Minute, true, func(context.Context) (bool, error) {
		var err error
		log, err = os.ReadFile(e.auditLog())
		return bytes.Contains(log, []byte(`"`+barrier+`"`)), err
	})
	if err != nil {
		return nil, fmt.Errorf("wait for %s in the audit log: %w", barrier, err)
	}
	return log, nil
}

// get sends a GET request for a path as the cluster administrator.
func (e *Env) get(ctx context.Context, path string) error {
	httpClient, err := rest.HTTPClientFor(e.Config)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(e.Config.Host, "/")+path, http.NoBody)
	if err != nil {
		return err
	}
	response, err := httpClient.Do(request)
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		return errors.Join(fmt.Errorf("answered %s", response.Status), response.Body.Close())
	}
	return response.Body.Close()
}

func parseAudit(log []byte, wanted func(AuditEvent) bool) ([]AuditEvent, error) {
	var events []AuditEvent
	lines := bufio.NewReader(bytes.NewReader(log))
	for number := 1; ; number++ {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return events, nil // the end, or a line that is still being written
		}
		var event AuditEvent
		if err := json.Unmarshal(line, &event); err != nil {
			return nil, fmt.Errorf("line %d of the audit log: %w", number, err)
		}
		if wanted(event) {
			events = append(events, event)
		}
	}
}
