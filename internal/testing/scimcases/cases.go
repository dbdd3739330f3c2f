// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Package scimcases makes up what directories could send, for tests that compare. All letters are small and ASCII, nothing is marked as
// primary, no word has a backslash, and a filter in brackets has no conjunction, so that another implementation, which knows no schema,
// takes no escaped backslash out of a string, and has two elements meet one condition each, has to come to the same result.
package scimcases

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
)

// Enterprise is the URN of the extension.
const Enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"

// Source makes cases up. The same seed makes the same ones.
type Source struct {
	rand *rand.Rand
	made int
}

// New returns a source.
func New(seed uint64) *Source { return &Source{rand: rand.New(rand.NewPCG(seed, 1))} } //nolint:gosec // cases are to be repeatable

func pick[T any](s *Source, list ...T) T { return list[s.rand.IntN(len(list))] }

// word returns one of a few words, so that they are often equal, or parts of each other.
func (s *Source) word() string {
	return pick(s, "a", "an", "ana", "bea", "b", "work", "x y", "an\"a", "[b]", "(")
}

// fresh returns a word that was not there before.
func (s *Source) fresh() string {
	s.made++
	return fmt.Sprintf("w%d", s.made)
}

// types are those of addresses and numbers.
var types = []string{"work", "home", "other"}

// User returns a user who has every attribute that filters compare.
func (s *Source) User() map[string]any {
	return map[string]any{
		"schemas":  []any{"urn:ietf:params:scim:schemas:core:2.0:User", Enterprise},
		"userName": s.word(), "displayName": s.word(), "active": pick(s, true, false),
		"name":     map[string]any{"givenName": s.word(), "familyName": s.word()},
		"emails":   s.elements(),
		Enterprise: map[string]any{"department": s.word()},
	}
}

func (s *Source) elements() []any {
	var list []any
	for _, t := range types[:1+s.rand.IntN(len(types))] {
		list = append(list, map[string]any{"type": t, "value": s.word() + s.fresh()})
	}
	return list
}

// Filter returns a filter of users.
func (s *Source) Filter() string { return s.filter(3) }

func (s *Source) filter(depth int) string {
	if depth == 0 || s.rand.IntN(3) == 0 {
		return s.term()
	}
	switch s.rand.IntN(4) {
	case 0:
		return s.filter(depth-1) + " and " + s.filter(depth-1)
	case 1:
		return s.filter(depth-1) + " or " + s.filter(depth-1)
	case 2:
		return "not (" + s.filter(depth-1) + ")"
	default:
		return "(" + s.filter(depth-1) + ")"
	}
}

func (s *Source) term() string {
	switch s.rand.IntN(7) {
	case 0:
		return "active " + pick(s, "eq", "ne") + " " + pick(s, "true", "false")
	case 1:
		return pick(s, "title", "userName", "emails", "name.middleName", "nickName") + " pr"
	case 2:
		return "emails[" + s.compare("type") + " or " + s.compare("value") + "]"
	case 3:
		return s.compare(pick(s, "emails.value", "emails.type"))
	default:
		return s.compare(pick(s, "userName", "displayName", "name.givenName", "name.familyName", Enterprise+":department"))
	}
}

func (s *Source) compare(attribute string) string {
	return attribute + " " + pick(s, "eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le") + " " + quoted(s.word())
}

func quoted(word string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(word) + `"`
}

// Operations returns the operations of a PATCH of a user.
func (s *Source) Operations() []any {
	operations := make([]any, 1+s.rand.IntN(4))
	for n := range operations {
		operations[n] = s.operation()
	}
	return operations
}

func (s *Source) operation() map[string]any {
	change := pick(s, "add", "replace", "Add", "Replace")
	at := func(op, path string, value any) map[string]any {
		return map[string]any{"op": op, "path": path, "value": value}
	}
	switch s.rand.IntN(9) {
	case 0:
		return at(change, pick(s, "displayName", "title", "name.givenName", "name.middleName", Enterprise+":department",
			Enterprise+":division", "urn:ietf:params:scim:schemas:core:2.0:User:nickName"), s.fresh())
	case 1:
		return at(change, "name", map[string]any{"givenName": s.fresh(), "honorificPrefix": s.fresh()})
	case 2:
		return at(pick(s, "add", "Add"), "emails", []any{map[string]any{"type": pick(s, types...), "value": s.fresh()}})
	case 3:
		return at(pick(s, "replace", "Replace"), "emails", []any{map[string]any{"type": pick(s, types...), "value": s.fresh()}})
	case 4:
		return at(change, fmt.Sprintf(`emails[type eq %q].%s`, pick(s, types...), pick(s, "value", "display")), s.fresh())
	case 5:
		return map[string]any{"op": "remove", "path": pick(s, "title", "displayName", "name.givenName", "emails",
			`emails[type eq "home"]`, `emails[type eq "work" or type eq "other"]`, Enterprise+":department")}
	case 6:
		value := map[string]any{"displayName": s.fresh(), "name.givenName": s.fresh(), "active": pick(s, true, false)}
		return map[string]any{"op": change, "value": value}
	case 7:
		return map[string]any{"op": change, "value": map[string]any{Enterprise + ":department": s.fresh(), "nickName": s.fresh()}}
	default:
		return at(change, "active", pick(s, true, false))
	}
}

// Group returns a group with members, and Members a PATCH of them.
func (s *Source) Group() map[string]any {
	return map[string]any{
		"schemas": []any{"urn:ietf:params:scim:schemas:core:2.0:Group"}, "displayName": s.word(), "members": s.people(),
	}
}

func (s *Source) people() []any {
	numbers := s.rand.Perm(6)[:1+s.rand.IntN(4)]
	slices.Sort(numbers)
	var list []any
	for _, n := range numbers {
		list = append(list, map[string]any{"value": fmt.Sprintf("u-%d", n)})
	}
	return list
}

// Members returns the operations of a PATCH of a group's members.
func (s *Source) Members() []any {
	operations := make([]any, 1+s.rand.IntN(4))
	for n := range operations {
		switch s.rand.IntN(4) {
		case 0:
			operations[n] = map[string]any{"op": pick(s, "add", "Add"), "path": "members", "value": s.people()}
		case 1:
			operations[n] = map[string]any{"op": pick(s, "replace", "Replace"), "path": "members", "value": s.people()}
		case 2:
			operations[n] = map[string]any{"op": "remove", "path": fmt.Sprintf(`members[value eq "u-%d"]`, s.rand.IntN(6))}
		default:
			operations[n] = map[string]any{"op": "Remove", "path": "members", "value": s.people()}
		}
	}
	return operations
}
