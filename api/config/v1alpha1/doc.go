// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Package v1alpha1 is the operator's configuration: a file that the operator reads, not a resource of the API.
package v1alpha1

//go:generate go run ../../../hack/configurationdoc -source . -out ../../../docs/configuration.md -values-schema ../../../config/chart/values.schema.json -live-keys ../../../config/chart/files/live-keys.txt
