// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Package scim is the protocol SCIM 2.0 (RFC 7643, RFC 7644) without clients, clocks and connections: which attributes users and groups
// have, filters, PATCH, pages, errors, and the documents that describe it all.
//
// A Resource holds what a directory sent, under the names of the schema. Directories deviate from the RFCs, so values are brought into the
// schema's form where their meaning is clear: Entra ID sends "False" for false, and a list of one for a single value. A value that
// already has its form is kept as it was sent.
package scim
