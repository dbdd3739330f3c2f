// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import "strings"

// examples returns the examples in the help of a command. They are typed by a test.
func examples(lines ...string) string {
	indented := make([]string, 0, len(lines))
	for _, line := range lines {
		indented = append(indented, "  "+name+" "+line)
	}
	return strings.Join(indented, "\n")
}
