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

// AuditEvent is one request as the API server's audit log tells it, as far as tests ask.
type AuditEvent struct {
	// Stage is ResponseComplete for an answered request, ResponseStarted for a watch that goes on, else Panic.
	Stage string `json:"stage"`
	// Verb is what was asked for: get, list, watch, create, update, patch, delete or deletecollection.
	Verb string `json:"verb"`
	// RequestURI is the path with the query.
	RequestURI string `json:"requestURI"`
	// UserAgent is how the client names itself.
	UserAgent string `json:"userAgent"`
	// User is who asked.
	User AuditUser `json:"user"`
	// ImpersonatedUser is whom User acted as, if anybody.
	ImpersonatedUser *AuditUser `json:"impersonatedUser"`
	// ObjectRef is what the request was about.
	ObjectRef AuditObject `json:"objectRef"`
	// ResponseStatus holds the HTTP status code of the answer.
	ResponseStatus metav1.Status `json:"responseStatus"`
	// Annotations are those of authorization and admission; a webhook's are prefixed with its name.
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

// AuditObject is what a request was about.
type AuditObject struct {
	// APIGroup is empty for the core group.
	APIGroup string `json:"apiGroup"`
	// Resource is the plural name.
	Resource string `json:"resource"`
	// Subresource is status, for example.
	Subresource string `json:"subresource"`
	// Namespace is empty for what has none.
	Namespace string `json:"namespace"`
	// Name may be empty when a name was to be generated.
	Name string `json:"name"`
}

// Actor gives the name of the user who was held to have acted: the impersonated one, if any.
func (a AuditEvent) Actor() string {
	if a.ImpersonatedUser != nil {
		return a.ImpersonatedUser.Username
	}
	return a.User.Username
}

// String tells the request in one line.
func (a AuditEvent) String() string {
	return fmt.Sprintf("%s %s %s: %d", a.Actor(), a.Verb, a.RequestURI, a.ResponseStatus.Code)
}

// isWrite tells whether the request was to change what is stored. Questions that look like writes (reviews, tokens) and
// dry runs are not.
func (a AuditEvent) isWrite() bool {
	switch a.Verb {
	case "create", "update", "patch", "delete", "deletecollection":
	default:
		return false
	}
	review := strings.HasSuffix(a.ObjectRef.Resource, "reviews") || a.ObjectRef.Subresource == "token"
	return a.Stage == "ResponseComplete" && !review && !strings.Contains(a.RequestURI, "dryRun=All")
}

// Writes gives the write requests, refused ones included, that arrived at or after a time and that the filter, unless
// nil, lets through, in the order of the log. Everything answered before the call is in it.
func (e *Env) Writes(ctx context.Context, since time.Time, filter func(AuditEvent) bool) ([]AuditEvent, error) {
	return e.auditEvents(ctx, func(a AuditEvent) bool {
		// The log counts in microseconds, and so must the comparison.
		return a.isWrite() && !a.RequestReceivedTimestamp.Time.Before(since.Truncate(time.Microsecond)) &&
			(filter == nil || filter(a))
	})
}

func (e *Env) auditLog() string { return filepath.Join(e.dir, "audit.log") }

func (e *Env) auditEvents(ctx context.Context, wanted func(AuditEvent) bool) ([]AuditEvent, error) {
	log, err := e.AuditLog(ctx)
	if err != nil {
		return nil, err
	}
	return parseAudit(log, wanted)
}

// AuditLog reads the log after a request of its own has turned up in it: an answer may reach its client a moment before
// the line about it reaches the log. Everything answered before the call is in it.
func (e *Env) AuditLog(ctx context.Context) ([]byte, error) {
	barrier := fmt.Sprintf("/version?barrier=%d", e.barriers.Add(1))
	if err := e.ask(ctx, barrier); err != nil {
		return nil, fmt.Errorf("ask for %s: %w", barrier, err)
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

// ask sends a GET request for a path as the cluster administrator.
func (e *Env) ask(ctx context.Context, path string) error {
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
