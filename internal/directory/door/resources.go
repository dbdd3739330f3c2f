// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package door

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/usher-operator/usher/internal/scim"
)

// kind returns the resources that a path is about.
type kind func(*Directory) Resources

func (k kind) of(r request) Resources { return k(r.directory) }

// ifServed answers requests about resources that the directory does not have.
func ifServed(k kind, next handler) handler {
	return func(w http.ResponseWriter, r request) error {
		if k.of(r) == nil {
			return &scim.Error{
				Status: http.StatusNotImplemented, Detail: "Usher does not serve " + r.URL.Path + ": leave it out of the mapping",
			}
		}
		return next(w, r)
	}
}

func get(k kind) handler {
	return func(w http.ResponseWriter, r request) error {
		resources := k.of(r)
		q, err := resources.Type().ParseQuery(r.URL.Query())
		if err != nil {
			return err
		}
		resource, err := resources.Get(r.Context(), r.PathValue("id"))
		if err != nil {
			return err
		}
		return writeResource(w, r, http.StatusOK, resources.Type(), resource, q)
	}
}

func list(k kind) handler {
	return func(w http.ResponseWriter, r request) error { return answerQuery(w, r, k.of(r), r.URL.Query()) }
}

func answerQuery(w http.ResponseWriter, r request, resources Resources, parameters url.Values) error {
	rt := resources.Type()
	q, err := rt.ParseQuery(parameters)
	if err != nil {
		return err
	}
	page, err := resources.List(r.Context(), q)
	if err != nil {
		return err
	}
	for n, resource := range page.Resources {
		page.Resources[n] = rt.Project(resource, q)
	}
	return write(w, http.StatusOK, page)
}

// searchRequest is the body of a query by POST: RFC 7644, section 3.4.3.
type searchRequest struct {
	Schemas            []string `json:"schemas"`
	Filter             string   `json:"filter"`
	StartIndex         *int     `json:"startIndex"`
	Count              *int     `json:"count"`
	Attributes         []string `json:"attributes"`
	ExcludedAttributes []string `json:"excludedAttributes"`
}

// searchMessage is the schema of such a body.
const searchMessage = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"

func isSearch(urn string) bool { return strings.EqualFold(urn, searchMessage) }

func search(k kind) handler {
	return func(w http.ResponseWriter, r request) error {
		body, err := bodyOf(r)
		if err != nil {
			return err
		}
		var s searchRequest
		if err := json.Unmarshal(body, &s); err != nil {
			return &scim.Error{
				Status: http.StatusBadRequest, Type: scim.InvalidSyntax, Detail: "the body is no search request: " + err.Error(),
			}
		}
		if len(s.Schemas) > 0 && !slices.ContainsFunc(s.Schemas, isSearch) {
			return &scim.Error{Status: http.StatusBadRequest, Type: scim.InvalidSyntax, Detail: "schemas must contain " + searchMessage}
		}
		parameters := url.Values{
			"filter": {s.Filter}, "attributes": {strings.Join(s.Attributes, ",")},
			"excludedAttributes": {strings.Join(s.ExcludedAttributes, ",")},
		}
		for name, n := range map[string]*int{"startIndex": s.StartIndex, "count": s.Count} {
			if n != nil {
				parameters.Set(name, strconv.Itoa(*n))
			}
		}
		return answerQuery(w, r, k.of(r), parameters)
	}
}

func bodyOf(r request) ([]byte, error) {
	if err := checkContent(r); err != nil {
		return nil, err
	}
	return io.ReadAll(r.Body)
}

func create(k kind) handler {
	return func(w http.ResponseWriter, r request) error {
		resources := k.of(r)
		q, body, err := queryAndBody(r, resources.Type())
		if err != nil {
			return err
		}
		resource, err := resources.Type().Decode(body)
		if err != nil {
			return err
		}
		after, created, err := resources.Create(r.Context(), resource)
		if err != nil {
			return err
		}
		status := http.StatusOK
		if created {
			status = http.StatusCreated
		}
		return writeResource(w, r, status, resources.Type(), after, q)
	}
}

func queryAndBody(r request, rt *scim.ResourceType) (scim.Query, []byte, error) {
	q, err := rt.ParseQuery(r.URL.Query())
	if err != nil {
		return q, nil, err
	}
	body, err := bodyOf(r)
	return q, body, err
}

func replace(k kind) handler {
	return change(k, func(rt *scim.ResourceType, body []byte) (func(scim.Resource) (scim.Resource, error), error) {
		return func(sent scim.Resource) (scim.Resource, error) { return rt.Replace(sent, body) }, nil
	})
}

func patch(k kind) handler {
	return change(k, func(rt *scim.ResourceType, body []byte) (func(scim.Resource) (scim.Resource, error), error) {
		p, err := scim.DecodePatch(body)
		if err != nil {
			return nil, err
		}
		return func(sent scim.Resource) (scim.Resource, error) { return rt.Patch(sent, p) }, nil
	})
}

// change answers requests that change a resource as their body says.
func change(k kind, read func(*scim.ResourceType, []byte) (func(scim.Resource) (scim.Resource, error), error)) handler {
	return func(w http.ResponseWriter, r request) error {
		resources := k.of(r)
		q, body, err := queryAndBody(r, resources.Type())
		if err != nil {
			return err
		}
		f, err := read(resources.Type(), body)
		if err != nil {
			return err
		}
		after, err := resources.Change(r.Context(), r.PathValue("id"), r.Header.Get("If-Match"), f)
		if err != nil {
			return err
		}
		return writeResource(w, r, http.StatusOK, resources.Type(), after, q)
	}
}

func remove(k kind) handler {
	return func(w http.ResponseWriter, r request) error {
		if err := k.of(r).Delete(r.Context(), r.PathValue("id"), r.Header.Get("If-Match")); err != nil {
			return err
		}
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
}
