// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Package v1alpha1 holds the kinds of the accounts.usher.dev API: Organization, OrgUser, Invitation and Workspace.
//
// An organization is a namespace: all kinds are namespaced and belong to the Organization of their namespace. The spec
// of an object says what is requested, its status what is in force.
//
// +kubebuilder:object:generate=true
// +groupName=accounts.usher.dev
package v1alpha1
