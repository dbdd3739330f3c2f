// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Command explaintext rewrites the descriptions in generated CRDs for kubectl explain, which wraps lines that are longer than its own but
// keeps line breaks: each paragraph, and each item of a list, becomes one line. The comments that they come from are wrapped as the code is.
package main

import (
	"fmt"
	"os"
	"strings"

	"sigs.k8s.io/yaml"
)

func main() {
	for _, path := range os.Args[1:] {
		if err := rewrite(path); err != nil {
			fmt.Fprintln(os.Stderr, "explaintext:", err)
			os.Exit(1)
		}
	}
}

func rewrite(path string) error {
	source, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("reading a generated CRD (made by `make manifests`): %w", err)
	}
	var crd any
	if err := yaml.Unmarshal(source, &crd); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	unwrapAll(crd)
	result, err := yaml.Marshal(crd)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return os.WriteFile(path, append([]byte("---\n"), result...), 0o644)
}

// unwrapAll unwraps the descriptions in a schema. A property that is called description is a schema, and no text.
func unwrapAll(node any) {
	switch node := node.(type) {
	case map[string]any:
		for key, value := range node {
			if text, is := value.(string); is && key == "description" {
				node[key] = unwrap(text)
				continue
			}
			unwrapAll(value)
		}
	case []any:
		for _, value := range node {
			unwrapAll(value)
		}
	}
}

// unwrap joins the lines of each paragraph and of each item of a list.
func unwrap(text string) string {
	var lines []string
	joins := false // whether the next line continues the last one
	for line := range strings.SplitSeq(text, "\n") {
		words := strings.TrimSpace(line)
		switch {
		case words == "":
			lines, joins = append(lines, ""), false
		case joins && !strings.HasPrefix(words, "- "):
			lines[len(lines)-1] += " " + words
		default:
			lines, joins = append(lines, strings.TrimRight(line, " ")), true
		}
	}
	return strings.Join(lines, "\n")
}
