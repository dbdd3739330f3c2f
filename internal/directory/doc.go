// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Package directory turns what a directory sends into OrgUsers and back. It is pure: it reads and writes nothing.
//
// The directory keeps an account, and decides about its address, name, phone number and whether it is suspended. It decides nothing else:
// role, workspaces and modules are the organization's. What it sent stays with the account, in an annotation, and is returned as sent.
package directory
