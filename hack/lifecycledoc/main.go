// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Command lifecycledoc writes docs/invitations.md from the transition table in internal/onboarding.
package main

import (
	"flag"
	"fmt"
	"os"
	"strings"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/onboarding"
)

func main() {
	out := flag.String("out", "", "path of the file to write")
	flag.Parse()
	if err := os.WriteFile(*out, []byte(render()), 0o644); err != nil {
		fmt.Fprintln(os.Stderr, "lifecycledoc:", err)
		os.Exit(1)
	}
}

func render() string {
	var doc strings.Builder
	doc.WriteString(header)
	doc.WriteString(diagram())
	doc.WriteString(between)
	doc.WriteString(table())
	doc.WriteString("\n## What decides\n\n| event | comes from |\n|---|---|\n")
	for _, s := range sources {
		fmt.Fprintf(&doc, "| %s | %s |\n", s.events, s.text)
	}
	doc.WriteString(footer)
	return doc.String()
}

// diagram draws the transitions. Events that apply in nearly every state are described below the diagram instead.
func diagram() string {
	var lines strings.Builder
	lines.WriteString("```mermaid\nstateDiagram-v2\n  [*] --> Pending\n")
	for _, from := range onboarding.States() {
		for _, event := range onboarding.Events() {
			step, ok := onboarding.Next(from, event)
			if !ok || inProse(event) {
				continue
			}
			fmt.Fprintf(&lines, "  %s --> %s: %s%s\n", from, step.To, words[event], mail(step.Mail))
		}
	}
	lines.WriteString("  Active --> [*]\n```\n")
	return lines.String()
}

// inProse reports whether an event is described below the diagram.
func inProse(event onboarding.Event) bool {
	return event == onboarding.EventRecognize || event == onboarding.EventRevoke
}

func mail(kind v1alpha1.MailKind) string {
	if kind == "" {
		return ""
	}
	return " / " + strings.ToLower(string(kind)) + " mail"
}

// table has a row for each event and a column for each state.
func table() string {
	var lines strings.Builder
	lines.WriteString("| event |")
	for _, state := range onboarding.States() {
		fmt.Fprintf(&lines, " %s |", state)
	}
	lines.WriteString("\n|---" + strings.Repeat("|---", len(onboarding.States())) + "|\n")
	for _, event := range onboarding.Events() {
		fmt.Fprintf(&lines, "| %s: %s |", event, words[event])
		for _, state := range onboarding.States() {
			lines.WriteString(cell(onboarding.Next(state, event)))
		}
		lines.WriteString("\n")
	}
	return lines.String()
}

func cell(step onboarding.Step, ok bool) string {
	switch {
	case !ok:
		return " · |"
	case step.Mail != "":
		return fmt.Sprintf(" %s, %s |", step.To, step.Mail)
	default:
		return fmt.Sprintf(" %s |", step.To)
	}
}
