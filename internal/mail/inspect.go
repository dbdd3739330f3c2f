// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package mail

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/net/html"
)

// active are elements that run, load or submit something.
var active = []string{
	"script", "iframe", "frame", "frameset", "object", "embed", "applet", "form", "input", "button", "select", "textarea",
	"link", "base", "portal", "template", "svg", "math",
}

// loading are attributes that name what a mail client fetches.
var loading = []string{
	"src", "srcset", "background", "poster", "data", "action", "formaction", "ping", "longdesc", "lowsrc", "dynsrc", "cite",
	"manifest", "classid", "codebase", "srcdoc", "imagesrcset",
}

// inspectHTML returns an error for everything that must not be in the HTML part of a mail: active elements, anything that is
// loaded from elsewhere, and links to anything other than the given ones and mail addresses. An empty link allows an empty target.
func inspectHTML(document string, links ...string) error {
	var wrong []error
	tokens := html.NewTokenizer(strings.NewReader(document))
	style := false
	for {
		switch tokens.Next() {
		case html.ErrorToken: // the end: the tokenizer accepts any text
			return errors.Join(wrong...)
		case html.StartTagToken, html.SelfClosingTagToken:
			token := tokens.Token()
			style = token.Data == "style"
			wrong = append(wrong, inspectElement(&token, links)...)
		case html.EndTagToken:
			style = false
		case html.TextToken:
			if style {
				wrong = append(wrong, inspectStyle("style", string(tokens.Text()))...)
			}
		}
	}
}

func inspectElement(token *html.Token, links []string) []error {
	var wrong []error
	if slices.Contains(active, token.Data) {
		wrong = append(wrong, fmt.Errorf("the element <%s> is not allowed in a mail: remove it", token.Data))
	}
	for _, a := range token.Attr {
		key := strings.ToLower(a.Key)
		switch {
		case strings.HasPrefix(key, "on"):
			wrong = append(wrong, fmt.Errorf("<%s %s> is a script: remove it", token.Data, key))
		case key == "http-equiv" && !strings.EqualFold(a.Val, "content-type"):
			wrong = append(wrong, fmt.Errorf("<%s http-equiv=%q> is not allowed in a mail: remove it", token.Data, a.Val))
		case key == "style":
			wrong = append(wrong, inspectStyle("<"+token.Data+" style>", a.Val)...)
		case slices.Contains(loading, key) && !strings.HasPrefix(a.Val, "data:image/"):
			wrong = append(wrong, fmt.Errorf("<%s %s> loads something from elsewhere: remove it, or embed the picture as data:image/…",
				token.Data, key))
		case (key == "href" || key == "xlink:href") && !allowedLink(token.Data, a.Val, links):
			wrong = append(wrong, fmt.Errorf("<%s href> leads to something other than {{.URL}}, {{.AccountURL}} or a mail address: "+
				"remove it, because a mail that asks people to sign in must not lead them elsewhere", token.Data))
		}
	}
	return wrong
}

func allowedLink(element, target string, links []string) bool {
	return element == "a" && (slices.Contains(links, target) || strings.HasPrefix(target, "mailto:"))
}

func inspectStyle(where, style string) []error {
	// CSS has escapes and comments, with which a word can be written in other letters.
	style = strings.ToLower(style)
	for _, word := range []string{"url(", "@import", "expression(", "image-set(", "src(", "behavior:", "-moz-binding", "\\"} {
		if strings.Contains(style, word) {
			return []error{fmt.Errorf("%s contains %q, which loads or hides something: remove it", where, word)}
		}
	}
	return nil
}

// linksOf returns the targets of the links in an HTML document, in order.
func linksOf(document string) []string {
	var links []string
	tokens := html.NewTokenizer(strings.NewReader(document))
	for {
		switch tokens.Next() {
		case html.ErrorToken:
			return links
		case html.StartTagToken, html.SelfClosingTagToken:
			token := tokens.Token()
			for _, a := range token.Attr {
				if a.Key == "href" {
					links = append(links, a.Val)
				}
			}
		}
	}
}
