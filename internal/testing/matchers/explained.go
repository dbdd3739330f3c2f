// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package matchers

import "github.com/onsi/gomega/format"

// explained is a matcher that says what is wrong instead of printing the whole object.
type explained struct {
	// wanted completes "expected … to".
	wanted string
	// fault returns what is wrong with the actual value; it is empty if nothing is.
	fault func(actual any) (string, error)

	found string
}

// Match implements GomegaMatcher.
func (e *explained) Match(actual any) (bool, error) {
	found, err := e.fault(actual)
	e.found = found
	return err == nil && found == "", err
}

// FailureMessage implements GomegaMatcher.
func (e *explained) FailureMessage(any) string { return "expected to " + e.wanted + ", but " + e.found }

// NegatedFailureMessage implements GomegaMatcher.
func (e *explained) NegatedFailureMessage(actual any) string {
	return format.Message(actual, "not to "+e.wanted)
}
