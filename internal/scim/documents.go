// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package scim

import "strings"

// The paths of the documents about the service.
const (
	providerConfigPath = "/ServiceProviderConfig"
	resourceTypesPath  = "/ResourceTypes"
	schemasPath        = "/Schemas"
)

// ProviderConfig returns the document that says what of SCIM is supported. Base is the URL of the organization's SCIM service.
func ProviderConfig(base string) Resource {
	return Resource{
		attributeSchemas: []any{providerConfigSchema},
		"patch":          map[string]any{"supported": true},
		"bulk":           map[string]any{"supported": false, "maxOperations": 0, "maxPayloadSize": 0},
		"filter":         map[string]any{"supported": true, "maxResults": MaxCount},
		"changePassword": map[string]any{"supported": false},
		"sort":           map[string]any{"supported": false},
		"etag":           map[string]any{"supported": true},
		"authenticationSchemes": []any{map[string]any{
			"type": "oauthbearertoken", "name": "Bearer token", "primary": true,
			"description": "A token of the organization's directory, in the header Authorization.",
			"specUri":     "https://www.rfc-editor.org/rfc/rfc6750",
		}},
		attributeMeta: documentMeta("ServiceProviderConfig", base+providerConfigPath),
	}
}

func documentMeta(kind, location string) map[string]any {
	return map[string]any{"resourceType": kind, "location": location}
}

// ResourceTypes returns the documents about the kinds of resources.
func ResourceTypes(base string) ListResponse {
	var documents []Resource
	for _, rt := range []*ResourceType{users, groups} {
		documents = append(documents, rt.document(base))
	}
	return ListResponse{TotalResults: len(documents), StartIndex: 1, Resources: documents}
}

// FindResourceType returns the document about a kind of resources, or false.
func FindResourceType(base, name string) (Resource, bool) {
	for _, rt := range []*ResourceType{users, groups} {
		if rt.Name == name {
			return rt.document(base), true
		}
	}
	return nil, false
}

func (rt *ResourceType) document(base string) Resource {
	extensions := []any{}
	for _, extension := range rt.Extensions {
		extensions = append(extensions, map[string]any{"schema": extension.ID, "required": false})
	}
	return Resource{
		attributeSchemas: []any{resourceTypeSchema}, attributeID: rt.Name, "name": rt.Name, "endpoint": rt.Endpoint,
		"description": rt.Description, "schema": rt.Schema.ID, "schemaExtensions": extensions,
		attributeMeta: documentMeta("ResourceType", base+resourceTypesPath+"/"+rt.Name),
	}
}

// Schemas returns the documents about the attributes of all resources.
func Schemas(base string) ListResponse {
	var documents []Resource
	for _, s := range schemas() {
		documents = append(documents, s.document(base))
	}
	return ListResponse{TotalResults: len(documents), StartIndex: 1, Resources: documents}
}

// FindSchema returns the document about the attributes of a schema, or false.
func FindSchema(base, urn string) (Resource, bool) {
	for _, s := range schemas() {
		if strings.EqualFold(s.ID, urn) { // RFC 8141, section 3.1
			return s.document(base), true
		}
	}
	return nil, false
}

func schemas() []*Schema {
	var all []*Schema
	for _, rt := range []*ResourceType{users, groups} {
		all = append(append(all, rt.Schema), rt.Extensions...)
	}
	return all
}

func (s *Schema) document(base string) Resource {
	return Resource{
		attributeSchemas: []any{schemaSchema}, attributeID: s.ID, "name": s.Name, "description": s.Description, "attributes": s.Attributes,
		attributeMeta: documentMeta("Schema", base+schemasPath+"/"+s.ID),
	}
}
