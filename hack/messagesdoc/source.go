// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// source is the parsed Go code of the operator, without tests. Names are looked up by package name, which is unique enough among the
// packages that write messages.
type source struct {
	files map[string][]*ast.File // by package name
	// consts holds the values of string constants, functions those that return a string, by "package.Name".
	consts    map[string]string
	functions map[string]*ast.FuncDecl
	// methods holds those that return a string and whose name no other package's method has.
	methods map[string]method
}

type method struct {
	pkg  string
	decl *ast.FuncDecl // nil: there are several
}

// load parses the folders below root.
func load(root string, folders ...string) (*source, error) {
	s := &source{
		files: map[string][]*ast.File{}, consts: map[string]string{}, functions: map[string]*ast.FuncDecl{}, methods: map[string]method{},
	}
	fset := token.NewFileSet()
	for _, folder := range folders {
		err := filepath.WalkDir(filepath.Join(root, folder), func(path string, entry fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case entry.IsDir() && entry.Name() == "testing":
				return filepath.SkipDir
			case entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go"):
				return nil
			}
			code, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			file, err := parser.ParseFile(fset, path, code, 0)
			if err != nil {
				return err
			}
			s.add(file)
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return s, nil
}

func (s *source) add(file *ast.File) {
	pkg := file.Name.Name
	s.files[pkg] = append(s.files[pkg], file)
	for _, d := range file.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if !returnsString(d) {
				continue
			}
			s.functions[pkg+"."+d.Name.Name] = d
			if d.Recv == nil {
				continue
			}
			if _, taken := s.methods[d.Name.Name]; taken {
				s.methods[d.Name.Name] = method{}
			} else {
				s.methods[d.Name.Name] = method{pkg, d}
			}
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				if v, ok := spec.(*ast.ValueSpec); ok && d.Tok == token.CONST && len(v.Values) == len(v.Names) {
					for n, name := range v.Names {
						if text, ok := literal(v.Values[n]); ok {
							s.consts[pkg+"."+name.Name] = text
						}
					}
				}
			}
		}
	}
}

func returnsString(d *ast.FuncDecl) bool {
	if d.Body == nil || d.Type.Results == nil || len(d.Type.Results.List) != 1 {
		return false
	}
	result, ok := d.Type.Results.List[0].Type.(*ast.Ident)
	return ok && result.Name == "string"
}

// literal returns the value of a string literal, of several joined by plus signs, or of one in a conversion.
func literal(e ast.Expr) (string, bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		text, err := strconv.Unquote(e.Value)
		return text, err == nil && e.Kind == token.STRING
	case *ast.BinaryExpr:
		left, isText := literal(e.X)
		right, both := literal(e.Y)
		return left + right, isText && both && e.Op == token.ADD
	case *ast.CallExpr:
		if len(e.Args) == 1 {
			return literal(e.Args[0])
		}
	}
	return "", false
}

// each calls visit for every node of a package's functions, with the function around it.
func (s *source) each(pkg string, visit func(ast.Node, *ast.FuncDecl)) {
	for _, file := range s.files[pkg] {
		for _, d := range file.Decls {
			if function, ok := d.(*ast.FuncDecl); ok && function.Body != nil {
				ast.Inspect(function.Body, func(n ast.Node) bool {
					visit(n, function)
					return true
				})
			}
		}
	}
}
