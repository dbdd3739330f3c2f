// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Package rolebinding derives the RoleBindings of people and delegates from what is in force, plans what has to change, and writes
// it. The planning is pure; only Writer and AsReconciler use a client.
package rolebinding
