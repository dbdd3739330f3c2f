// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Package corpus reads the example objects of test/testdata: files of YAML that must be accepted or refused.
package corpus

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"
)

// Folders below test/testdata.
const (
	// Valid holds files that must be accepted.
	Valid = "valid"
	// Invalid holds files that the API server must refuse by itself.
	Invalid = "invalid"
	// InvalidWebhook holds files that are well-formed but that the webhooks must refuse.
	InvalidWebhook = "invalid-webhook"
)

// Comments in a file: the first two start a file that must be refused, the others start a document.
const (
	refusedComment = "# refused: "
	fieldComment   = "# field: "
	createComment  = "# step: create"
	updateComment  = "# step: update"
)

// Entry is one file.
type Entry struct {
	// Name is the file's name without its extension.
	Name string
	// Refused is part of the message with which the file must be refused. It is empty for a valid file.
	Refused string
	// Field is the path of the field that the refusal must be about. It is empty for a valid file.
	Field string
	// Objects are the file's documents, each of them a separate object. There are none if Update is set.
	Objects []*unstructured.Unstructured
	// Update is set if the file is about an object that is accepted and then changed.
	Update *Update
}

// Update is an object before and after a change.
type Update struct {
	// Before must be accepted.
	Before *unstructured.Unstructured
	// After is the same object with the change.
	After *unstructured.Unstructured
}

// Load reads the files of a folder of test/testdata, sorted by name. An error names the file that is malformed.
func Load(root, folder string) ([]Entry, error) {
	paths, err := filepath.Glob(filepath.Join(root, "test", "testdata", folder, "*.yaml"))
	if err != nil {
		return nil, fmt.Errorf("list the files of test/testdata/%s: %w", folder, err)
	}
	if len(paths) == 0 {
		return nil, fmt.Errorf("no YAML files in test/testdata/%s of %s", folder, root)
	}
	entries := make([]Entry, 0, len(paths))
	for _, path := range paths {
		content, err := os.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("read an example: %w", err)
		}
		entry, err := parse(strings.TrimSuffix(filepath.Base(path), ".yaml"), content)
		if err != nil {
			return nil, fmt.Errorf("test/testdata/%s/%s: %w", folder, filepath.Base(path), err)
		}
		if (folder != Valid) != (entry.Refused != "" && entry.Field != "") {
			return nil, fmt.Errorf("test/testdata/%s/%s: a file that must be refused starts with %q and %q, a valid file has neither",
				folder, filepath.Base(path), refusedComment, fieldComment)
		}
		entries = append(entries, entry)
	}
	return entries, nil
}

func parse(name string, content []byte) (Entry, error) {
	entry := Entry{Name: name}
	for _, document := range bytes.Split(content, []byte("\n---\n")) {
		object := &unstructured.Unstructured{}
		if err := yaml.UnmarshalStrict(document, &object.Object); err != nil {
			return entry, err
		}
		entry.add(object, comments(document))
	}
	if entry.Update != nil && (len(entry.Objects) > 0 || entry.Update.Before == nil || entry.Update.After == nil) {
		return entry, fmt.Errorf("has steps, so it must have two documents: %q and %q", createComment, updateComment)
	}
	return entry, nil
}

func (e *Entry) add(object *unstructured.Unstructured, comments []string) {
	step := ""
	for _, comment := range comments {
		switch {
		case strings.HasPrefix(comment, refusedComment):
			e.Refused = strings.TrimPrefix(comment, refusedComment)
		case strings.HasPrefix(comment, fieldComment):
			e.Field = strings.TrimPrefix(comment, fieldComment)
		case comment == createComment, comment == updateComment:
			step = comment
		}
	}
	if step == "" {
		e.Objects = append(e.Objects, object)
		return
	}
	if e.Update == nil {
		e.Update = &Update{}
	}
	if step == createComment {
		e.Update.Before = object
	} else {
		e.Update.After = object
	}
}

// comments returns the comment lines at the start of a document.
func comments(document []byte) []string {
	var lines []string
	for line := range strings.Lines(string(document)) {
		if !strings.HasPrefix(line, "#") {
			break
		}
		lines = append(lines, strings.TrimSpace(line))
	}
	return lines
}
