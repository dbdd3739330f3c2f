// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package scim

// The URNs of schemas and messages.
const (
	UserSchema            = "urn:ietf:params:scim:schemas:core:2.0:User"
	GroupSchema           = "urn:ietf:params:scim:schemas:core:2.0:Group"
	EnterpriseUserSchema  = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
	schemaSchema          = "urn:ietf:params:scim:schemas:core:2.0:Schema"
	resourceTypeSchema    = "urn:ietf:params:scim:schemas:core:2.0:ResourceType"
	providerConfigSchema  = "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"
	patchMessage          = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
	listMessage           = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
	errorMessage          = "urn:ietf:params:scim:api:messages:2.0:Error"
	attributeSchemas      = "schemas"
	attributeID           = "id"
	attributeExternalID   = "externalId"
	attributeMeta         = "meta"
	attributeActive       = "active"
	subAttributeValue     = "value"
	subAttributePrimary   = "primary"
	subAttributeReference = "$ref"
)

// Schema is a set of attributes.
type Schema struct {
	ID          string
	Name        string
	Description string
	Attributes  []Attribute
}

// ResourceType is a kind of resources: which attributes they have, and where they are.
type ResourceType struct {
	Name        string
	Endpoint    string
	Description string
	Schema      *Schema
	Extensions  []*Schema
}

// Users are the people of a directory.
func Users() *ResourceType { return users }

// Groups are the groups of a directory.
func Groups() *ResourceType { return groups }

var (
	users = &ResourceType{
		Name: "User", Endpoint: "/Users", Description: "An account of a person.",
		Schema: userSchema(), Extensions: []*Schema{enterpriseUserSchema()},
	}
	groups = &ResourceType{Name: "Group", Endpoint: "/Groups", Description: "A group of people.", Schema: groupSchema()}
)

// common are the attributes that every resource has: RFC 7643, section 3.1. Schema documents do not list them.
var common = []Attribute{
	text(attributeSchemas, "The schemas that the resource has.", caseExact, readOnly, always, func(a *Attribute) { a.MultiValued = true }),
	text(attributeID, "The resource's identifier in Usher.", caseExact, readOnly, always, unique),
	text(attributeExternalID, "The resource's identifier in the directory.", caseExact),
	complexOf(attributeMeta, "About the resource.", []Attribute{
		text("resourceType", "The name of the resource's type.", caseExact, readOnly),
		text("created", "When the resource was created.", typed(TypeDateTime), readOnly),
		text("lastModified", "When the resource was changed last.", typed(TypeDateTime), readOnly),
		text("location", "The resource's URL.", reference("uri"), readOnly),
		text("version", "The resource's weak ETag.", caseExact, readOnly),
	}, readOnly),
}

func groupSchema() *Schema {
	members := complexOf("members", "The group's members.", []Attribute{
		text(subAttributeValue, "The member's identifier.", caseExact, immutable),
		text(subAttributeReference, "The member's URL.", reference("User"), immutable),
		text("display", "The member's name.", readOnly),
		text("type", "What the member is.", immutable, func(a *Attribute) { a.CanonicalValues = []string{"User"} }),
	}, byValue)
	members.MultiValued = true
	return &Schema{
		ID: GroupSchema, Name: "Group", Description: "A group of people.",
		Attributes: []Attribute{text("displayName", "The group's name.", required, unique), members},
	}
}

func enterpriseUserSchema() *Schema {
	return &Schema{
		ID: EnterpriseUserSchema, Name: "EnterpriseUser", Description: "What an employer knows about a person.",
		Attributes: []Attribute{
			text("employeeNumber", "The person's number."),
			text("costCenter", "The person's cost center."),
			text("organization", "The person's organization."),
			text("division", "The person's division."),
			text("department", "The person's department."),
			complexOf("manager", "The person's manager.", []Attribute{
				text(subAttributeValue, "The manager's identifier.", caseExact),
				text(subAttributeReference, "The manager's URL.", reference("User")),
				text("displayName", "The manager's name.", readOnly),
			}),
		},
	}
}
