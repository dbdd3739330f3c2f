// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"go/ast"
	"go/token"
	"regexp"
	"slices"
	"strings"
)

// blank stands for what is only known at run time.
const blank = "…"

// maxDepth is how many calls deep a message is followed.
const maxDepth = 3

var verb = regexp.MustCompile(`%[-+# 0]*[0-9]*\.?[0-9]*[a-zA-Z]`)

// texts returns the texts that an expression can become, with a blank for what is only known at run time.
func (s *source) texts(pkg string, in *ast.FuncDecl, e ast.Expr, depth int) []string {
	if text, ok := literal(e); ok {
		return []string{text}
	}
	switch e := e.(type) {
	case *ast.BinaryExpr:
		if e.Op == token.ADD {
			return product(s.texts(pkg, in, e.X, depth), s.texts(pkg, in, e.Y, depth))
		}
	case *ast.Ident:
		return s.named(pkg, in, e, depth)
	case *ast.SelectorExpr:
		if x, ok := e.X.(*ast.Ident); ok {
			if text, ok := s.consts[x.Name+"."+e.Sel.Name]; ok {
				return []string{text}
			}
		}
	case *ast.CallExpr:
		return s.called(pkg, in, e, depth)
	}
	return []string{blank}
}

// named returns the texts of a constant, or those that a variable may hold: what was assigned to it since its last declaration.
func (s *source) named(pkg string, in *ast.FuncDecl, id *ast.Ident, depth int) []string {
	if text, ok := s.consts[pkg+"."+id.Name]; ok {
		return []string{text}
	}
	if in == nil || depth >= maxDepth {
		return []string{blank}
	}
	var found []string
	ast.Inspect(in.Body, func(n ast.Node) bool {
		a, ok := n.(*ast.AssignStmt)
		if !ok || len(a.Lhs) != len(a.Rhs) || a.Pos() > id.Pos() {
			return true
		}
		for i, left := range a.Lhs {
			if variable, ok := left.(*ast.Ident); ok && variable.Name == id.Name {
				if a.Tok == token.DEFINE {
					found = nil
				}
				found = append(found, s.texts(pkg, in, a.Rhs[i], depth+1)...)
			}
		}
		return true
	})
	if len(found) == 0 {
		return []string{blank}
	}
	return unique(found)
}

// called returns the texts of a formatted text, or those that one of our functions returns.
func (s *source) called(pkg string, in *ast.FuncDecl, call *ast.CallExpr, depth int) []string {
	owner, name := pkg, ""
	switch f := call.Fun.(type) {
	case *ast.Ident:
		name = f.Name
	case *ast.SelectorExpr:
		name = f.Sel.Name
		if x, ok := f.X.(*ast.Ident); ok && s.files[x.Name] != nil {
			owner = x.Name
		}
		if x, ok := f.X.(*ast.Ident); ok && x.Name == "fmt" && strings.HasPrefix(name, "Sprint") {
			return s.formatted(pkg, in, call.Args, depth)
		}
	}
	function, ok := s.functions[owner+"."+name]
	if m := s.methods[name]; !ok && m.decl != nil {
		owner, function, ok = m.pkg, m.decl, true
	}
	if !ok || depth >= maxDepth {
		return []string{blank}
	}
	var found []string
	ast.Inspect(function.Body, func(n ast.Node) bool {
		if _, inner := n.(*ast.FuncLit); inner {
			return false
		}
		if r, ok := n.(*ast.ReturnStmt); ok && len(r.Results) == 1 {
			found = append(found, s.texts(owner, function, r.Results[0], depth+1)...)
		}
		return true
	})
	return unique(slices.DeleteFunc(found, func(text string) bool { return text == "" }))
}

// formatted fills the verbs of a format with the arguments that are known, and with blanks.
func (s *source) formatted(pkg string, in *ast.FuncDecl, args []ast.Expr, depth int) []string {
	var texts []string
	for _, format := range s.texts(pkg, in, args[0], depth) {
		next := 0
		texts = append(texts, verb.ReplaceAllStringFunc(strings.ReplaceAll(format, "%%", "%"), func(v string) string {
			next++
			value := blank
			if next < len(args) {
				if known := s.texts(pkg, in, args[next], depth+1); len(known) == 1 {
					value = known[0]
				}
			}
			if strings.HasSuffix(v, "q") {
				return `"` + value + `"`
			}
			return value
		}))
	}
	return texts
}

func product(left, right []string) []string {
	var all []string
	for _, l := range left {
		for _, r := range right {
			all = append(all, l+r)
		}
	}
	return all
}

// unique drops repetitions and keeps the order.
func unique(texts []string) []string {
	var kept []string
	for _, text := range texts {
		if !slices.Contains(kept, text) {
			kept = append(kept, text)
		}
	}
	return kept
}
