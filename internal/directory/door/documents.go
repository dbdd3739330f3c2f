// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package door

import (
	"net/http"

	"github.com/usher-operator/usher/internal/scim"
)

// documents adds the documents about the service.
func documents(handle func(string, handler), root string) {
	for path, document := range map[string]func(base string) any{
		"/ServiceProviderConfig": func(base string) any { return scim.ProviderConfig(base) },
		"/ResourceTypes":         func(base string) any { return scim.ResourceTypes(base) },
		"/Schemas":               func(base string) any { return scim.Schemas(base) },
	} {
		handle("GET "+root+path, whole(document))
		handle(root+path, wrongMethod("GET"))
	}
	for path, find := range map[string]func(base, name string) (scim.Resource, bool){
		"/ResourceTypes/{name}": scim.FindResourceType,
		"/Schemas/{name}":       scim.FindSchema,
	} {
		handle("GET "+root+path, one(find))
		handle(root+path, wrongMethod("GET"))
	}
}

func whole(document func(base string) any) handler {
	return func(w http.ResponseWriter, r request) error {
		if r.URL.Query().Has("filter") { // RFC 7644, section 4
			return &scim.Error{Status: http.StatusForbidden, Detail: "this document cannot be filtered"}
		}
		return write(w, http.StatusOK, document(r.base))
	}
}

func one(find func(base, name string) (scim.Resource, bool)) handler {
	return func(w http.ResponseWriter, r request) error {
		document, ok := find(r.base, r.PathValue("name"))
		if !ok {
			return nothing(w, r)
		}
		return write(w, http.StatusOK, document)
	}
}

func nothing(http.ResponseWriter, request) error {
	return &scim.Error{Status: http.StatusNotFound, Detail: "there is nothing at this path: the URL of the service ends with " + Path +
		" and the name of the organization"}
}

func wrongMethod(allowed string) handler {
	return func(w http.ResponseWriter, _ request) error {
		w.Header().Set("Allow", allowed)
		return &scim.Error{Status: http.StatusMethodNotAllowed, Detail: "this path takes " + allowed}
	}
}

func unsupported(what string) handler {
	return func(http.ResponseWriter, request) error {
		return &scim.Error{Status: http.StatusNotImplemented, Detail: what + " is not supported: see /ServiceProviderConfig"}
	}
}
