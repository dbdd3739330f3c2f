// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package roster

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/language"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/authz"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/emailaddr"
)

// set puts a cell into a person, and returns what is wrong with it.
func (r *reader) set(p *Person, c column, cell string) string {
	var err error
	switch c {
	case columnEmail:
		return setEmail(p, cell)
	case columnName:
		p.Name = cell
	case columnFirstName:
		p.Name = strings.TrimSpace(cell + " " + p.Name)
	case columnLastName:
		p.Name = strings.TrimSpace(p.Name + " " + cell)
	case columnRole:
		p.Role, err = ParseRole(cell)
	case columnWorkspaces:
		p.Workspaces, err = ParseWorkspaces(list(cell), r.Access)
	case columnGroups:
		p.Groups, err = ParseNames("group", list(cell))
	case columnModules:
		p.Modules, err = ParseNames("module", list(cell))
	case columnLanguage:
		p.Language, err = ParseLanguage(cell)
	case columnMessage:
		p.Message, err = ParseMessage(cell)
	case columnIgnored:
	}
	if err != nil {
		return err.Error()
	}
	if p.Name != "" && !emailaddr.ValidName(p.Name) {
		return fmt.Sprintf("%q is no name: it must be a single line of at most 128 characters", shorten(p.Name))
	}
	return ""
}

// setEmail reads the address of one person, which may come with a name.
func setEmail(p *Person, cell string) string {
	if cell == "" {
		return "the address is missing"
	}
	found, err := emailaddr.ParseLongList([]string{cell})
	switch {
	case err != nil:
		return strings.ReplaceAll(err.Error(), "entry 1: ", "") // the line and the column say where it is
	case len(found) > 1:
		return fmt.Sprintf("%q has %d addresses: write one person a line", shorten(cell), len(found))
	}
	p.Email = found[0].Email
	if p.Name == "" {
		p.Name = found[0].Name
	}
	return ""
}

// list returns the entries of a cell or a flag that holds several.
func list(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ';' || r == '\n' || r == '|' })
}

// ParseRole returns the role that somebody has written, in whatever case.
func ParseRole(text string) (v1alpha1.Role, error) {
	for _, role := range authz.Roles() {
		if strings.EqualFold(string(role), text) {
			return role, nil
		}
	}
	return "", fmt.Errorf("there is no role %q: choose one of %s", shorten(text), joined(authz.Roles()))
}

// withAccess is a workspace with its access, as in support:Edit, support=Edit or support (Edit).
var withAccess = regexp.MustCompile(`^([^:=(\s]+)\s*(?:[:=]\s*(\w+)|\(\s*(\w+)\s*\))?$`)

// maxWorkspaces is how many workspaces an Invitation can give.
const maxWorkspaces = 10

// ParseWorkspaces returns the workspaces that somebody has written, each with an access or with the usual one.
func ParseWorkspaces(texts []string, usual v1alpha1.WorkspaceAccess) ([]v1alpha1.WorkspaceGrant, error) {
	var grants []v1alpha1.WorkspaceGrant
	for _, text := range texts {
		text = strings.TrimSpace(text)
		if text == "" {
			continue
		}
		parts := withAccess.FindStringSubmatch(text)
		if parts == nil || len(validation.IsDNS1123Label(parts[1])) > 0 {
			return nil, fmt.Errorf("%q is no workspace: write its name, and the access after a colon, as in support:Edit", shorten(text))
		}
		access, err := ParseAccess(parts[2]+parts[3], usual)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(grants, func(g v1alpha1.WorkspaceGrant) bool { return string(g.Name) == parts[1] }) {
			return nil, fmt.Errorf("the workspace %q is named twice", parts[1])
		}
		grants = append(grants, v1alpha1.WorkspaceGrant{Name: v1alpha1.ObjectName(parts[1]), Access: access})
	}
	if len(grants) > maxWorkspaces {
		return nil, fmt.Errorf("%d workspaces are named, but at most %d can be granted here: name more in the workspaces' spec.members",
			len(grants), maxWorkspaces)
	}
	return grants, nil
}

// ParseAccess returns the access that somebody has written, in whatever case, or the usual one for an empty text.
func ParseAccess(text string, usual v1alpha1.WorkspaceAccess) (v1alpha1.WorkspaceAccess, error) {
	if text == "" {
		return usual, nil
	}
	for _, access := range effective.Accesses {
		if strings.EqualFold(string(access), text) {
			return access, nil
		}
	}
	return "", fmt.Errorf("there is no access %q: choose one of %s", shorten(text), joined(effective.Accesses))
}

// ParseNames returns the names of groups or modules.
func ParseNames(what string, texts []string) ([]v1alpha1.ObjectName, error) {
	var names []v1alpha1.ObjectName
	for _, text := range texts {
		text = strings.TrimSpace(text)
		switch {
		case text == "":
			continue
		case len(validation.IsDNS1123Label(text)) > 0:
			return nil, fmt.Errorf("%q is no name of a %s: use lower-case letters, digits and hyphens", shorten(text), what)
		case slices.Contains(names, v1alpha1.ObjectName(text)):
			return nil, fmt.Errorf("the %s %q is named twice", what, text)
		}
		names = append(names, v1alpha1.ObjectName(text))
	}
	return names, nil
}

// ParseLanguage returns a language tag.
func ParseLanguage(text string) (v1alpha1.LanguageTag, error) {
	if _, err := language.Parse(text); err != nil {
		return "", fmt.Errorf("%q is no language: write a tag such as es or en-GB", shorten(text))
	}
	return v1alpha1.LanguageTag(text), nil
}

// maxMessage is how many characters a message may have, as in the API.
const maxMessage = 2000

// ParseMessage returns a message.
func ParseMessage(text string) (string, error) {
	if n := utf8.RuneCountInString(text); n > maxMessage {
		return "", fmt.Errorf("the message has %d characters, but at most %d are allowed", n, maxMessage)
	}
	if strings.ContainsFunc(text, func(r rune) bool { return r < ' ' && r != '\n' && r != '\t' && r != '\r' || r == 0x7f }) {
		return "", fmt.Errorf("the message %q contains control characters", shorten(text))
	}
	return text, nil
}

func joined[T ~string](values []T) string {
	words := make([]string, 0, len(values))
	for _, v := range values {
		words = append(words, string(v))
	}
	return strings.Join(words, ", ")
}

// maxQuoted is how many characters of a cell a message quotes.
const maxQuoted = 60

func shorten(text string) string {
	if runes := []rune(text); len(runes) > maxQuoted {
		return string(runes[:maxQuoted]) + "…"
	}
	return text
}
