// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Package wording holds the phrases that several conditions and events share.
package wording

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Count returns a number with its noun, in the singular or the plural.
func Count[N int | int32](n N, one, more string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, more)
}

// maxNamed is how many names Some lists.
const maxNamed = 3

// Some returns the first few names and how many more there are.
func Some(names []string) string {
	if more := len(names) - maxNamed; more > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:maxNamed], ", "), more)
	}
	return strings.Join(names, ", ")
}

// Failures returns in one line what failed, however many errors are joined. The same failures have the same text, in whatever order
// they came: a status that shows them differs only when they do.
func Failures(err error) string {
	messages := strings.Split(err.Error(), "\n")
	slices.Sort(messages)
	return SomeSentences(slices.Compact(messages))
}

// SomeSentences joins the first sentences of a list on one line, and counts the others.
func SomeSentences(sentences []string) string {
	if more := len(sentences) - maxNamed; more > 0 {
		sentences = append(slices.Clone(sentences[:maxNamed]), fmt.Sprintf("and %d more", more))
	}
	return strings.Join(sentences, "; ")
}

// AwaitingBudget says that messages wait for a budget of the platform, and when they go on.
func AwaitingBudget(messages int32, budget string, until time.Time) string {
	return fmt.Sprintf("%s for the platform's budget of %s: sending goes on at %s, and nothing is lost",
		Count(messages, "message waits", "messages wait"), budget, until.UTC().Format(time.RFC3339))
}

// NoOrganization returns the message that an object's organization does not exist yet.
func NoOrganization(namespace string) string {
	return fmt.Sprintf("there is no Organization %q in namespace %q yet", namespace, namespace)
}
