// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
)

// teller prints the story. It shortens the tokens of links in everything that it prints.
type teller struct {
	w       io.Writer
	chapter int
}

var (
	token  = regexp.MustCompile(`(/[icp]/[A-Za-z0-9_-]{6})[A-Za-z0-9_-]+`)
	plain  = regexp.MustCompile(`^[A-Za-z0-9@%+=:,./_-]+$`)
	option = regexp.MustCompile(`^(--?[a-z-]+=(?:jsonpath=)?)(.*)$`)
	// trailing matches the spaces at the end of lines in kubectl's tables.
	trailing = regexp.MustCompile(`(?m)[ \t]+$`)
)

// shorten keeps just enough of a link's token to tell links apart.
func shorten(text string) string { return token.ReplaceAllString(text, "$1…") }

func (t *teller) print(text string) { fmt.Fprintln(t.w, shorten(text)) }

// begin opens a chapter.
func (t *teller) begin(title string) {
	t.chapter++
	heading := fmt.Sprintf("%d. %s", t.chapter, title)
	t.print("\n" + heading + "\n" + strings.Repeat("=", len([]rune(heading))))
}

// say prints a sentence of the story.
func (t *teller) say(format string, args ...any) { t.print("\n" + fmt.Sprintf(format, args...)) }

// command prints a command as you would type it, before it runs.
func (t *teller) command(args ...string) { t.print("\n$ " + typed(args...)) }

// answer prints what a command printed.
func (t *teller) answer(output string) {
	if output = strings.TrimSpace(trailing.ReplaceAllString(output, "")); output != "" {
		t.print(output)
	}
}

// quote prints a mail or a page.
func (t *teller) quote(text string) {
	for line := range strings.Lines(strings.TrimRight(text, "\n") + "\n") {
		t.print(strings.TrimRight("  | "+strings.TrimRight(line, "\r\n"), " "))
	}
}

// stopped prints why the story ended early.
func (t *teller) stopped(err error) {
	var f *failure
	switch {
	case errors.Is(err, context.Canceled):
		t.say("The demo was interrupted. `make demo` starts it again; `make down` stops the cluster.")
		return
	case !errors.As(err, &f):
		t.say("The demo stopped: %v", err)
		return
	}
	t.say("The demo stopped.\n  expected  %s\n  got       %s\n  look at   %s", indent(f.expected), indent(f.got), indent(f.look))
}

func indent(text string) string {
	return strings.ReplaceAll(strings.TrimSpace(text), "\n", "\n            ")
}

// typed formats a command so that a shell parses it into the same words.
func typed(args ...string) string {
	words := make([]string, 0, len(args))
	for _, arg := range args {
		name := ""
		if parts := option.FindStringSubmatch(arg); parts != nil {
			name, arg = parts[1], parts[2]
		}
		if !plain.MatchString(arg) {
			arg = "'" + strings.ReplaceAll(arg, "'", `'\''`) + "'"
		}
		words = append(words, name+arg)
	}
	return strings.Join(words, " ")
}

// failure says what the story expected, what it got instead, and where to look.
type failure struct{ expected, got, look string }

func (f *failure) Error() string {
	return shorten(fmt.Sprintf("expected %s, got %s; look at %s", f.expected, f.got, f.look))
}
