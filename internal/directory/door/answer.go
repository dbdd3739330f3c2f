// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package door

import (
	"encoding/json"
	"errors"
	"mime"
	"net/http"
	"strconv"
	"time"

	"github.com/usher-operator/usher/internal/scim"
)

const (
	contentType = "application/scim+json"
	// maxBody bounds a body, in bytes: a group with 10,000 members fits.
	maxBody = 2 << 20
	// retryAfter is when a client that came too often or too early is to come again, unless the error says otherwise.
	retryAfter = 2 * time.Second
)

// later is an error that says when the client is to come again.
type later struct {
	error

	after time.Duration
}

func (l later) Unwrap() error { return l.error }

// After returns an error whose answer says when the client is to come again.
func After(wait time.Duration, err error) error { return later{err, wait} }

// write answers with a body.
func write(w http.ResponseWriter, status int, body any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", contentType+"; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = w.Write(text) // the client is gone otherwise
	return nil
}

// writeResource answers with a resource, as far as the client wants it.
func writeResource(w http.ResponseWriter, r request, status int, rt *scim.ResourceType, resource scim.Resource, q scim.Query) error {
	if meta, ok := resource["meta"].(map[string]any); ok {
		if location, ok := meta["location"].(string); ok {
			w.Header().Set("Location", location)
		}
	}
	tag := resource.Version()
	w.Header().Set("ETag", tag)
	if header := r.Header.Get("If-None-Match"); header != "" && r.Method == http.MethodGet && scim.Matches(header, tag) {
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	return write(w, status, rt.Project(resource, q))
}

// fail answers with an error. What is not the client's to see is logged.
func (d *door) fail(w http.ResponseWriter, r *http.Request, err error) {
	var shown *scim.Error
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		shown = &scim.Error{
			Status: http.StatusRequestEntityTooLarge,
			Detail: "the body is larger than " + strconv.Itoa(maxBody>>20) + " MiB: send less at a time",
		}
	case !errors.As(err, &shown):
		if r.Context().Err() == nil {
			d.o.Log.Error(err, "Cannot answer a directory", "organization", r.PathValue("organization"), "method", r.Method)
		}
		shown = &scim.Error{
			Status: http.StatusInternalServerError,
			Detail: "Usher cannot answer at the moment: try again; its log says why",
		}
	}
	if shown.Status == http.StatusTooManyRequests || shown.Status == http.StatusServiceUnavailable {
		wait := retryAfter
		if l := (later{}); errors.As(err, &l) {
			wait = l.after
		}
		w.Header().Set("Retry-After", strconv.Itoa(int(wait.Seconds())))
	}
	_ = write(w, shown.Status, shown)
}

// checkContent refuses a body that says that it is no JSON.
func checkContent(r request) error {
	header := r.Header.Get("Content-Type")
	if header == "" {
		return nil
	}
	kind, _, err := mime.ParseMediaType(header)
	if err != nil || kind != contentType && kind != "application/json" {
		return &scim.Error{Status: http.StatusUnsupportedMediaType, Detail: "send " + contentType + " or application/json"}
	}
	return nil
}

// status notes the status of an answer.
type status struct {
	http.ResponseWriter

	code int
}

func (s *status) WriteHeader(code int) {
	s.code = code
	s.ResponseWriter.WriteHeader(code)
}

// log reports and logs requests, without anything that a client has sent but the method and the path of a resource.
func (d *door) log(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start, s := time.Now(), &status{ResponseWriter: w, code: http.StatusOK}
		next.ServeHTTP(s, r)
		if d.o.Observe != nil {
			d.o.Observe(r.Method, s.code, time.Since(start))
		}
		d.o.Log.V(1).Info("Answered a directory", "method", r.Method, "path", r.URL.Path, "status", s.code, "duration", time.Since(start))
	})
}
