// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
)

// comments are the doc comments of types, by name, and of their fields, by Type.Field.
type comments map[string]string

// readComments reads the doc comments in a folder. It fails if a field has none.
func readComments(dir string) (comments, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return nil, err
	}
	all := comments{}
	for _, path := range files {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments)
		if err != nil {
			return nil, err
		}
		for _, declaration := range file.Decls {
			if general, ok := declaration.(*ast.GenDecl); ok && general.Tok == token.TYPE {
				if err := all.add(general); err != nil {
					return nil, err
				}
			}
		}
	}
	return all, nil
}

func (c comments) add(declaration *ast.GenDecl) error {
	for _, spec := range declaration.Specs {
		typ, ok := spec.(*ast.TypeSpec)
		if !ok {
			continue
		}
		c[typ.Name.Name] = declaration.Doc.Text()
		fields, ok := typ.Type.(*ast.StructType)
		if !ok {
			continue
		}
		for _, field := range fields.Fields.List {
			for _, name := range field.Names {
				if c[typ.Name.Name+"."+name.Name] = field.Doc.Text(); field.Doc == nil {
					return fmt.Errorf("%s.%s has no doc comment", typ.Name.Name, name.Name)
				}
			}
		}
	}
	return nil
}

// of returns a comment on one line, without the name that it starts with.
func (c comments) of(name string) string {
	text := strings.Join(strings.Fields(c[name]), " ")
	if _, field, ok := strings.Cut(name, "."); ok {
		for _, verb := range []string{" is ", " are ", " "} {
			if rest, found := strings.CutPrefix(strings.ToLower(text), strings.ToLower(field)+verb); found {
				text = text[len(text)-len(rest):]
				break
			}
		}
	}
	return strings.ReplaceAll(text, "|", `\|`)
}
