// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package docs

import (
	"errors"
	"fmt"
	"os/exec"
	"regexp"
	"slices"
	"strings"
)

// page is a page of the documentation.
type page struct {
	name  string
	lines []string
	steps []step
}

// step is what happens at one place of a page.
type step struct {
	kind stepKind
	// text is that of the directive.
	text string
	block
}

type stepKind int

const (
	begins stepKind = iota
	happens
	saves
	mails
	equals
	types
	runs
)

// block is a fenced block. Lines are counted from 0; the fences are not part of it.
type block struct {
	language    string
	indent      string
	first, last int
}

// command is a command of a console block with the lines that it prints.
type command struct {
	text string
	line int
	// person is who types it: the name before the prompt, or nobody for the cluster administrator.
	person string
	// first and last are the lines of the output in the page.
	first, last int
	shown       []string
}

var (
	prompt    = regexp.MustCompile(`^(\w*)\$ (.*)$`)
	fence     = regexp.MustCompile("^( *)```(\\w*)")
	directive = regexp.MustCompile(`^ *<!-- (typed|not typed|nothing typed|file|mail|same as|meanwhile): (.+) -->$`)
)

// typed are the languages of blocks that are typed.
var typed = []string{"console", "sh", "shell", "bash"}

// parse reads a page. The error names every block that can neither be typed nor says why not.
func parse(name, text string) (*page, error) {
	r := reader{page: page{name: name, lines: strings.Split(text, "\n")}}
	for r.at < len(r.lines) {
		r.line()
	}
	return &r.page, errors.Join(r.problems...)
}

type reader struct {
	page

	at       int
	begun    bool
	nothing  bool
	pending  []string
	problems []error
}

func (r *reader) line() {
	line := r.lines[r.at]
	if found := directive.FindStringSubmatch(line); found != nil {
		r.direct(found[1], found[2])
	} else if found := fence.FindStringSubmatch(line); found != nil {
		r.fenced(found[1], found[2])
	} else if strings.TrimSpace(line) != "" && r.pending != nil {
		r.problem("no block follows <!-- %s: %s -->", r.pending[0], r.pending[1])
		r.pending = nil
	}
	r.at++
}

func (r *reader) direct(kind, text string) {
	switch kind {
	case "typed":
		r.begun = true
		r.steps = append(r.steps, step{kind: begins, text: text, block: block{first: r.at}})
	case "nothing typed":
		r.nothing = true
	case "meanwhile":
		r.steps = append(r.steps, step{kind: happens, text: text, block: block{first: r.at}})
	default:
		r.pending = []string{kind, text}
	}
}

func (r *reader) fenced(indent, language string) {
	b := block{language: language, indent: indent, first: r.at + 1}
	for r.at++; r.at < len(r.lines) && !fence.MatchString(r.lines[r.at]); r.at++ {
	}
	b.last = r.at
	kind, text := "", ""
	if r.pending != nil {
		kind, text = r.pending[0], r.pending[1]
		r.pending = nil
	}
	switch {
	case kind == "not typed", kind == "" && (r.nothing || !slices.Contains(typed, language)):
	case kind == "file":
		r.steps = append(r.steps, step{kind: saves, text: text, block: b})
	case kind == "mail":
		r.steps = append(r.steps, step{kind: mails, text: text, block: b})
	case kind == "same as":
		r.steps = append(r.steps, step{kind: equals, text: text, block: b})
	case !r.begun:
		r.at, b.first = b.first-1, b.last
		r.problem("this block says neither where it begins (<!-- typed: samples --> above it) nor why not (<!-- not typed: REASON -->)")
		r.at = b.last
	case language == "console":
		r.steps = append(r.steps, step{kind: types, block: b})
	default:
		r.steps = append(r.steps, step{kind: runs, block: b})
	}
}

func (r *reader) problem(format string, args ...any) {
	r.problems = append(r.problems, fmt.Errorf("%s:%d: %s", r.name, r.at+1, fmt.Sprintf(format, args...)))
}

// content returns the lines of a block without their indentation.
func (p *page) content(b block) []string {
	lines := make([]string, 0, b.last-b.first)
	for _, line := range p.lines[b.first:b.last] {
		lines = append(lines, strings.TrimPrefix(line, b.indent))
	}
	return lines
}

// commands returns the commands of a console block.
func (p *page) commands(b block) ([]command, error) {
	lines := p.content(b)
	var commands []command
	for i := 0; i < len(lines); {
		found := prompt.FindStringSubmatch(lines[i])
		if found == nil {
			return nil, fmt.Errorf("%s:%d: a console block begins with a command: %q", p.name, b.first+i+1, lines[i])
		}
		c, text := command{line: b.first + i, person: found[1]}, found[2]
		for i++; i < len(lines) && incomplete(text); i++ {
			text += "\n" + lines[i]
		}
		start := i
		for i < len(lines) && !prompt.MatchString(lines[i]) {
			i++
		}
		c.text, c.first, c.last = text, b.first+start, b.first+i
		c.shown = lines[start:i]
		// An empty line separates a command from the one before it.
		for len(c.shown) > 0 && c.shown[len(c.shown)-1] == "" {
			c.shown, c.last = c.shown[:len(c.shown)-1], c.last-1
		}
		commands = append(commands, c)
	}
	return commands, nil
}

// incomplete reports whether a shell would wait for another line.
func incomplete(text string) bool {
	if strings.HasSuffix(text, `\`) {
		return true
	}
	message, _ := exec.Command("bash", "-n", "-c", text).CombinedOutput()
	for _, end := range []string{"end of file", "end-of-file", "EOF"} {
		if strings.Contains(string(message), end) {
			return true
		}
	}
	return false
}
