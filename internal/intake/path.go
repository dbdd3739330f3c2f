// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package intake

import "strings"

// maxPath is the maximum length of an address in a command, in bytes.
const maxPath = 512

// parsePath parses what follows MAIL or RCPT: the keyword, an address in angle brackets, which may be empty, and parameters.
func parsePath(rest, keyword string) (address string, parameters []string, valid bool) {
	rest = strings.TrimSpace(rest)
	if len(rest) < len(keyword) || !strings.EqualFold(rest[:len(keyword)], keyword) {
		return "", nil, false
	}
	rest = strings.TrimLeft(rest[len(keyword):], " ")
	end := closing(rest)
	if end < 0 {
		return "", nil, false
	}
	address, rest = rest[1:end], rest[end+1:]
	if rest != "" && rest[0] != ' ' {
		return "", nil, false
	}
	if strings.HasPrefix(address, "@") { // a source route, which is ignored (RFC 5321, appendix C)
		_, address, valid = strings.Cut(address, ":")
		if !valid {
			return "", nil, false
		}
	}
	if len(address) > maxPath || address != "" && strings.ContainsAny(unquoted(address), " <>") {
		return "", nil, false
	}
	return address, strings.Fields(rest), true
}

// closing returns the index of the bracket that closes a path, or -1 if the path does not start or end with a bracket.
func closing(path string) int {
	if !strings.HasPrefix(path, "<") {
		return -1
	}
	quoted := false
	for i := 1; i < len(path); i++ {
		switch {
		case path[i] == '\\' && quoted:
			i++
		case path[i] == '"':
			quoted = !quoted
		case path[i] == '>' && !quoted:
			return i
		}
	}
	return -1
}

// unquoted returns an address without its quoted part.
func unquoted(address string) string {
	if !strings.HasPrefix(address, `"`) {
		return address
	}
	return address[strings.LastIndexByte(address, '"')+1:]
}
