// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"go/ast"
	"maps"
	"slices"
	"strings"
	"unicode"
)

// message is what a reason, an event or a rule says.
type message struct {
	key   string
	kind  string // of an event: Normal or Warning; of a rule: 403 or 422
	texts []string
}

// messages gathers by key.
type messages map[string]*message

func (m messages) add(key, kind string, texts []string) {
	if key == "" || key == blank {
		return
	}
	if m[key] == nil {
		m[key] = &message{key: key, kind: kind}
	}
	texts = slices.DeleteFunc(slices.Clone(texts), func(text string) bool { return strings.Trim(text, blank+" ;%s") == "" })
	m[key].texts = unique(append(m[key].texts, texts...))
}

// callee returns the last part of what a call calls, and what stands before it if that is a name.
func callee(call *ast.CallExpr) (before, name string) {
	switch f := call.Fun.(type) {
	case *ast.Ident:
		return "", f.Name
	case *ast.SelectorExpr:
		if x, ok := f.X.(*ast.Ident); ok {
			before = x.Name
		}
		return before, f.Sel.Name
	}
	return "", ""
}

// standings are the calls whose last two arguments are a reason and a message.
var standings = map[string]string{
	"status.Ready": "Ready", "status.Progressing": "Progressing", "status.Stalled": "Stalled",
	"status.Await": "Progressing",
	"progressing":  "Progressing", "stalled": "Stalled", // a workspace gathers its problems first
}

// conditions finds what is said about where an object stands: status.Ready, Progressing and Stalled with their reasons.
func (s *source) conditions() messages {
	found := messages{}
	for _, pkg := range slices.Sorted(maps.Keys(s.files)) {
		s.each(pkg, func(n ast.Node, in *ast.FuncDecl) {
			call, ok := n.(*ast.CallExpr)
			if !ok || len(call.Args) < 2 {
				return
			}
			before, name := callee(call)
			standing := standings[strings.TrimPrefix(before+"."+name, ".")]
			if standing == "" {
				return
			}
			last := len(call.Args) - 1
			for _, reason := range s.texts(pkg, in, call.Args[last-1], 0) {
				found.add(reason, standing, s.texts(pkg, in, call.Args[last], 0))
			}
		})
	}
	return found
}

// events finds the events that are not a condition's, which repeat its reason and message.
func (s *source) events() messages {
	found := messages{}
	for _, pkg := range slices.Sorted(maps.Keys(s.files)) {
		s.each(pkg, func(n ast.Node, in *ast.FuncDecl) {
			call, ok := n.(*ast.CallExpr)
			if !ok || len(call.Args) < 6 {
				return
			}
			if _, name := callee(call); name != "Eventf" {
				return
			}
			kind := "Normal"
			if sel, ok := call.Args[2].(*ast.SelectorExpr); ok {
				kind = strings.TrimPrefix(sel.Sel.Name, "EventType")
			}
			reasons := s.texts(pkg, in, call.Args[3], 0)
			for _, reason := range reasons {
				found.add(reason, kind, s.formatted(pkg, in, call.Args[5:], 0))
			}
		})
	}
	return found
}

// rules finds the refusals of admission: violations, and the functions of package authz that make them.
func (s *source) rules() messages {
	const pkg = "authz"
	found := messages{}
	s.each(pkg, func(n ast.Node, in *ast.FuncDecl) {
		switch n := n.(type) {
		case *ast.CallExpr:
			switch _, name := callee(n); {
			case name == "invalid" && len(n.Args) == 4:
				for _, rule := range s.texts(pkg, in, n.Args[1], 0) {
					found.add(rule, "422", s.texts(pkg, in, n.Args[3], 0))
				}
			case name == "deny" && len(n.Args) >= 4:
				for _, rule := range s.texts(pkg, in, n.Args[1], 0) {
					found.add(rule, "403", product([]string{who + "only … may "}, s.formatted(pkg, in, n.Args[3:], 0)))
				}
			case name == "refuse" && len(n.Args) >= 4:
				for _, rule := range s.texts(pkg, in, n.Args[2], 0) {
					found.add(rule, codeOf(n.Args[1]), product([]string{who}, s.formatted(pkg, in, n.Args[3:], 0)))
				}
			}
		case *ast.CompositeLit:
			s.violation(pkg, in, n, found)
		}
	})
	return found
}

func (s *source) violation(pkg string, in *ast.FuncDecl, lit *ast.CompositeLit, found messages) {
	fields := map[string]ast.Expr{}
	for _, element := range lit.Elts {
		if pair, ok := element.(*ast.KeyValueExpr); ok {
			if key, ok := pair.Key.(*ast.Ident); ok {
				fields[key.Name] = pair.Value
			}
		}
	}
	if fields["Rule"] == nil || fields["Message"] == nil {
		return
	}
	for _, rule := range s.texts(pkg, in, fields["Rule"], 0) {
		found.add(rule, codeOf(fields["Reason"]), s.texts(pkg, in, fields["Message"], 0))
	}
}

// who begins the refusals that say who asks.
const who = `user "…" is … in organization "…": `

// codeOf returns the HTTP code of a violation's reason.
func codeOf(reason ast.Expr) string {
	if id, ok := reason.(*ast.Ident); ok && id.Name == "Forbidden" {
		return "403"
	}
	return "422"
}

// warnings finds what admission warns of: the texts that functions of these packages append to warnings.
func (s *source) warnings() []string {
	var found []string
	for _, pkg := range []string{"lookup", "effective", "v1alpha1"} {
		s.each(pkg, func(n ast.Node, in *ast.FuncDecl) {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return
			}
			if _, name := callee(call); name != "append" {
				return
			}
			for _, arg := range call.Args[1:] {
				for _, text := range s.texts(pkg, in, arg, 0) {
					if isSentence(text) {
						found = append(found, text)
					}
				}
			}
		})
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// isSentence reports whether a text says something, and is not a key or a name.
func isSentence(text string) bool {
	words := strings.FieldsFunc(text, func(r rune) bool { return !unicode.IsLetter(r) })
	return len(words) >= minWords
}

// minWords is how many words make a sentence.
const minWords = 4
