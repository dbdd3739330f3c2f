// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Package version says which version of Usher a program is.
package version

import "runtime/debug"

// version is set by the linker in what a release consists of.
var version string

// String returns the version: a tag such as v1.2.3, one derived from the last tag and the commit, or "devel" for a program that was
// built in a checkout.
func String() string {
	if version != "" {
		return version
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return "devel"
}
