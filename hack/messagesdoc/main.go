// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Command messagesdoc writes docs/messages.md: everything that Usher says to those who use it with kubectl. The texts come from the
// code and the manifests; when they are said and what to do about them stands in notes.yaml. It fails if a text has no note, or a
// note no text.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	root := flag.String("root", ".", "the repository")
	flag.Parse()
	if err := run(*root); err != nil {
		fmt.Fprintln(os.Stderr, "messagesdoc:", err)
		os.Exit(1)
	}
}

func run(root string) error {
	code, err := load(root, "api/v1alpha1", "internal")
	if err != nil {
		return err
	}
	var n notes
	if err := decode(filepath.Join(root, "hack/messagesdoc/notes.yaml"), &n); err != nil {
		return err
	}
	p := page{notes: n, conditions: code.conditions(), events: code.events(), rules: code.rules(), warnings: code.warnings()}
	if p.shapes, err = shapes(root); err != nil {
		return err
	}
	if p.policies, err = policies(root); err != nil {
		return err
	}
	if err := errors.Join(
		n.check("conditions", n.Conditions, p.conditions), n.check("events", n.Events, p.events), n.check("rules", n.Rules, p.rules),
	); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(root, "docs/messages.md"), []byte(p.render()), 0o644)
}
