// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// page is what a person sees of an HTML page.
type page struct {
	heading string
	// lines are paragraphs, and facts in the form "name: value".
	lines []string
	form  form
}

// form is the form on a page, with its current values.
type form struct {
	action  string
	values  url.Values
	buttons []button
}

type button struct{ label, name, value string }

// readPage reads the main part of a page.
func readPage(r io.Reader) (page, error) {
	document, err := html.Parse(r)
	if err != nil {
		return page{}, err
	}
	p := page{form: form{values: url.Values{}}}
	for node := range document.Descendants() {
		if node.DataAtom == atom.Main {
			p.read(node)
		}
	}
	if p.heading == "" {
		return p, errors.New("the page has no heading")
	}
	return p, nil
}

func (p *page) read(within *html.Node) {
	for node := range within.Descendants() {
		switch node.DataAtom {
		case atom.H1:
			p.heading = textOf(node)
		case atom.P, atom.Blockquote:
			if text := textOf(node); text != "" && node.Parent.DataAtom != atom.Dd && !aside(node) {
				p.lines = append(p.lines, text)
			}
		case atom.Pre:
			p.lines = append(p.lines, "$ "+textOf(node))
		case atom.Dt, atom.Label:
			p.lines = append(p.lines, textOf(node)+": ")
		case atom.Dd:
			p.complete(textOf(node))
		case atom.Input:
			p.field(node, attribute(node, "value"))
		case atom.Select:
			p.field(node, chosen(node))
		case atom.Form:
			p.form.action = attribute(node, "action")
		case atom.Button:
			if hidden(node) {
				continue // it waits for a script
			}
			p.form.buttons = append(p.form.buttons, button{textOf(node), attribute(node, "name"), attribute(node, "value")})
		}
	}
}

// complete adds to the last line.
func (p *page) complete(text string) {
	if last := len(p.lines) - 1; last >= 0 {
		p.lines[last] += text
	}
}

func (p *page) field(node *html.Node, value string) {
	p.form.values.Set(attribute(node, "name"), value)
	p.complete("[" + value + "]")
}

// fill returns what a browser submits when a button is pressed after the given fields were filled in.
func (f form) fill(label string, given map[string]string) (url.Values, error) {
	i := slices.IndexFunc(f.buttons, func(b button) bool { return b.label == label })
	if i < 0 {
		return nil, fmt.Errorf("the page has no button %q, only %q", label, f.labels())
	}
	values := url.Values{}
	for name := range f.values {
		values.Set(name, f.values.Get(name))
	}
	for name, value := range given {
		if !f.values.Has(name) {
			return nil, fmt.Errorf("the page's form has no field %q", name)
		}
		values.Set(name, value)
	}
	if b := f.buttons[i]; b.name != "" {
		values.Set(b.name, b.value)
	}
	return values, nil
}

func (f form) labels() []string {
	labels := make([]string, 0, len(f.buttons))
	for _, b := range f.buttons {
		labels = append(labels, b.label)
	}
	return labels
}

// String returns the page as text.
func (p page) String() string {
	lines := append([]string{p.heading}, p.lines...)
	for _, label := range p.form.labels() {
		lines = append(lines, "["+label+"]")
	}
	return strings.Join(lines, "\n")
}

func textOf(node *html.Node) string {
	var text strings.Builder
	for n := range node.Descendants() {
		switch {
		case n.Type == html.TextNode:
			text.WriteString(n.Data)
		case n.DataAtom == atom.P:
			text.WriteString(" · ") // separates it from the text before it in the same fact
		}
	}
	return strings.Trim(strings.Join(strings.Fields(text.String()), " "), " ·")
}

// hidden reports whether a browser without scripts does not show an element.
func hidden(node *html.Node) bool {
	return slices.ContainsFunc(node.Attr, func(a html.Attribute) bool { return a.Key == "hidden" })
}

// aside reports whether a paragraph is a hint for a field, or contains buttons.
func aside(node *html.Node) bool {
	if attribute(node, "id") != "" {
		return true
	}
	for n := range node.Descendants() {
		if n.DataAtom == atom.Button {
			return true
		}
	}
	return false
}

func attribute(node *html.Node, name string) string {
	for _, a := range node.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// chosen returns the selected option, or else the first.
func chosen(node *html.Node) string {
	first := ""
	for n := range node.Descendants() {
		if n.DataAtom != atom.Option {
			continue
		}
		if first == "" {
			first = attribute(n, "value")
		}
		if slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return a.Key == "selected" }) {
			return attribute(n, "value")
		}
	}
	return first
}
