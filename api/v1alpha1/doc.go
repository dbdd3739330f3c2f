// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Package v1alpha1 holds the kinds of the accounts.usher.dev API: Organization, OrgUser, Invitation and Workspace.
//
// An organization is a namespace: all kinds are namespaced and belong to the Organization of their namespace. A spec
// is what is wished for; what is in force stands in the status.
//
// +kubebuilder:object:generate=true
// +groupName=accounts.usher.dev
package v1alpha1
