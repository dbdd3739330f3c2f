// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Package entra synchronizes people and groups with a directory over SCIM, as Entra ID does: it looks for each by its name, creates it or
// sends what it has, and puts people in groups that were created empty.
package entra

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"sync/atomic"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/util/retry"
)

// membersAtOnce is how many members it puts in a group by one request.
const membersAtOnce = 10

// Provider is an identity provider that knows a directory. It is safe for concurrent use.
type Provider struct {
	// URLs are where the directory is reached. Each request goes to the next one, also when it is repeated.
	URLs []string
	// Token opens the directory.
	Token string
	// Client sends the requests.
	Client *http.Client

	sent, repeated atomic.Int64
}

// Repeated returns how many requests were sent again because the directory could not answer.
func (p *Provider) Repeated() int { return int(p.repeated.Load()) }

// UnexpectedError is returned for an answer that the request should not get.
type UnexpectedError struct {
	// Request is the request.
	Request string
	// Status and Detail are the answer.
	Status int
	Detail string
}

// Error implements error.
func (e *UnexpectedError) Error() string {
	return fmt.Sprintf("%s: %d %s", e.Request, e.Status, e.Detail)
}

type resource struct {
	ID        string     `json:"id"`
	Detail    string     `json:"detail"`
	Resources []resource `json:"Resources"`
}

// patience is for how long a request is repeated that the directory cannot answer.
var patience = wait.Backoff{Steps: 30, Duration: 50 * time.Millisecond, Factor: 1.2, Jitter: 0.1}

// do sends a request and returns the answer, which must have one of the statuses. It repeats the request if the directory cannot answer.
func (p *Provider) do(ctx context.Context, method, path string, body any, expected ...int) (resource, error) {
	var r resource
	at := int(p.sent.Add(1))
	err := retry.OnError(patience, func(err error) bool { return ctx.Err() == nil && p.passes(err) }, func() error {
		var err error
		r, err = p.send(ctx, p.URLs[at%len(p.URLs)], method, path, body, expected...)
		at++
		return err
	})
	return r, err
}

// passes reports whether what went wrong is not the request's fault: nobody listens, or whoever does is busy.
func (p *Provider) passes(err error) bool {
	var unexpected *UnexpectedError
	passes := !errors.As(err, &unexpected) || unexpected.Status >= 500 || unexpected.Status == http.StatusTooManyRequests
	if passes {
		p.repeated.Add(1)
	}
	return passes
}

func (p *Provider) send(ctx context.Context, base, method, path string, body any, expected ...int) (resource, error) {
	var r resource
	text, err := json.Marshal(body)
	if err != nil {
		return r, err
	}
	request, err := http.NewRequestWithContext(ctx, method, base+path, bytes.NewReader(text))
	if err != nil {
		return r, err
	}
	request.Header.Set("Authorization", "Bearer "+p.Token)
	request.Header.Set("Content-Type", "application/scim+json")
	response, err := p.Client.Do(request)
	if err != nil {
		return r, err
	}
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		return r, err
	}
	// An answer of somebody in between may be no JSON.
	wrong := json.Unmarshal(answer, &r)
	if !slices.Contains(expected, response.StatusCode) {
		return r, &UnexpectedError{method + " " + path, response.StatusCode, r.Detail}
	}
	return r, wrong
}

// Open reports whether the token opens the directory.
func (p *Provider) Open(ctx context.Context) bool {
	_, err := p.send(ctx, p.URLs[0], http.MethodGet, "/Users?count=0", nil, http.StatusOK)
	return err == nil
}

// find returns the id of the resource that a filter selects; empty: there is none.
func (p *Provider) find(ctx context.Context, kind, filter string) (string, error) {
	found, err := p.do(ctx, http.MethodGet, kind+"?excludedAttributes=members&filter="+url.QueryEscape(filter), nil, http.StatusOK)
	switch {
	case err != nil || len(found.Resources) == 0:
		return "", err
	case len(found.Resources) > 1:
		return "", fmt.Errorf("%d resources of %s have %s", len(found.Resources), kind, filter)
	}
	return found.Resources[0].ID, nil
}

// Person is somebody in the identity provider.
type Person struct{ ExternalID, Address, Name string }

// Person brings a person to the directory and returns their id there.
func (p *Provider) Person(ctx context.Context, person Person) (string, error) {
	return again(func() (string, error) { return p.person(ctx, person) })
}

// again does something in two cycles if somebody has it already: they were created by a request whose answer did not come.
func again(cycle func() (string, error)) (string, error) {
	id, err := cycle()
	var unexpected *UnexpectedError
	if errors.As(err, &unexpected) && unexpected.Status == http.StatusConflict {
		return cycle()
	}
	return id, err
}

func (p *Provider) person(ctx context.Context, person Person) (string, error) {
	id, err := p.find(ctx, "/Users", fmt.Sprintf("userName eq %q", person.Address))
	if err != nil {
		return "", err
	}
	if id == "" {
		made, err := p.do(ctx, http.MethodPost, "/Users", map[string]any{
			"schemas":    []string{"urn:ietf:params:scim:schemas:core:2.0:User"},
			"externalId": person.ExternalID, "userName": person.Address, "displayName": person.Name, "active": true,
			"emails": []any{map[string]any{"type": "work", "primary": true, "value": person.Address}},
		}, http.StatusCreated)
		return made.ID, err
	}
	_, err = p.do(ctx, http.MethodPatch, "/Users/"+id, map[string]any{"Operations": []any{
		map[string]any{"op": "Replace", "path": "displayName", "value": person.Name},
		map[string]any{"op": "Replace", "path": "active", "value": "True"},
	}}, http.StatusOK)
	return id, err
}

// Group is one in the identity provider.
type Group struct{ ExternalID, Name string }

// Group brings a group to the directory, with members by their ids there.
func (p *Provider) Group(ctx context.Context, group Group, members []string) error {
	id, err := again(func() (string, error) { return p.group(ctx, group) })
	if err != nil {
		return err
	}
	for some := range slices.Chunk(members, membersAtOnce) {
		var values []any
		for _, member := range some {
			values = append(values, map[string]any{"value": member})
		}
		add := map[string]any{"op": "Add", "path": "members", "value": values}
		if _, err := p.do(ctx, http.MethodPatch, "/Groups/"+id, map[string]any{"Operations": []any{add}}, http.StatusOK); err != nil {
			return err
		}
	}
	return nil
}

// group returns the id of a group, which it creates without members if there is none.
func (p *Provider) group(ctx context.Context, group Group) (string, error) {
	id, err := p.find(ctx, "/Groups", fmt.Sprintf("displayName eq %q", group.Name))
	if err != nil || id != "" {
		return id, err
	}
	made, err := p.do(ctx, http.MethodPost, "/Groups", map[string]any{
		"schemas":    []string{"urn:ietf:params:scim:schemas:core:2.0:Group"},
		"externalId": group.ExternalID, "displayName": group.Name,
	}, http.StatusCreated)
	return made.ID, err
}
