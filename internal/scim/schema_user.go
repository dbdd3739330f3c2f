// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package scim

// userSchema returns the attributes of RFC 7643, section 4.1.
func userSchema() *Schema {
	return &Schema{
		ID: UserSchema, Name: "User", Description: "An account of a person.",
		Attributes: append([]Attribute{
			text("userName", "The name with which the person signs in at the directory.", required, unique),
			complexOf("name", "The parts of the person's name.", []Attribute{
				text("formatted", "The whole name."),
				text("familyName", "The family name."),
				text("givenName", "The given name."),
				text("middleName", "The middle name."),
				text("honorificPrefix", "The title before the name."),
				text("honorificSuffix", "The suffix after the name."),
			}),
			text("displayName", "The name that others see."),
			text("nickName", "The casual name."),
			text("profileUrl", "The URL of a page about the person.", reference("external")),
			text("title", "The job title."),
			text("userType", "The relation to the organization."),
			text("preferredLanguage", "The preferred languages, as in Accept-Language."),
			text("locale", "The locale of numbers and dates."),
			text("timezone", "The time zone."),
			text(attributeActive, "Whether the person has an account: false suspends it.", typed(TypeBoolean)),
			text("password", "A password. Usher discards it.", secret),
		}, userLists()...),
	}
}

func userLists() []Attribute {
	return []Attribute{
		plural("emails", "The addresses of mail.", text(subAttributeValue, "An address."), "work", "home", "other"),
		plural("phoneNumbers", "The phone numbers.", text(subAttributeValue, "A number."),
			"work", "home", "mobile", "fax", "pager", "other"),
		plural("ims", "The addresses of instant messages.", text(subAttributeValue, "An address.")),
		plural("photos", "The URLs of pictures.", text(subAttributeValue, "A URL.", reference("external")), "photo", "thumbnail"),
		addresses(),
		userGroups(),
		plural("entitlements", "What the directory entitles the person to. Usher grants nothing for it.",
			text(subAttributeValue, "An entitlement.")),
		plural("roles", "The directory's roles. Usher grants nothing for them.", text(subAttributeValue, "A role.")),
		plural("x509Certificates", "The person's certificates.",
			text(subAttributeValue, "A certificate.", typed(TypeBinary), caseExact)),
	}
}

func addresses() Attribute {
	a := plural("addresses", "The postal addresses.", text("formatted", "The whole address."), "work", "home", "other")
	for _, name := range []string{"streetAddress", "locality", "region", "postalCode", "country"} {
		a.SubAttributes = append(a.SubAttributes, text(name, "The part of the address with this name."))
	}
	return a
}

// userGroups is read-only: members are changed in the group.
func userGroups() Attribute {
	a := complexOf("groups", "The groups in which the person is.", []Attribute{
		text(subAttributeValue, "The group's identifier.", caseExact, readOnly),
		text(subAttributeReference, "The group's URL.", reference("Group"), readOnly),
		text("display", "The group's name.", readOnly),
		text("type", "How the person is in the group.", readOnly),
	}, readOnly)
	a.MultiValued = true
	return a
}
