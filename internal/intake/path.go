// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package intake

import "strings"

// maxPath bounds an address in a command, in bytes.
const maxPath = 512

// parsePath reads what follows MAIL or RCPT: the keyword, an address in angle brackets, which may be empty, and parameters.
func parsePath(rest, keyword string) (address string, parameters []string, fine bool) {
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
		_, address, fine = strings.Cut(address, ":")
		if !fine {
			return "", nil, false
		}
	}
	if len(address) > maxPath || address != "" && strings.ContainsAny(unquoted(address), " <>") {
		return "", nil, false
	}
	return address, strings.Fields(rest), true
}

// closing gives the place of the bracket that closes a path; -1: there is none, or none that opens it.
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

// unquoted gives an address without its quoted part.
func unquoted(address string) string {
	if !strings.HasPrefix(address, `"`) {
		return address
	}
	return address[strings.LastIndexByte(address, '"')+1:]
}
