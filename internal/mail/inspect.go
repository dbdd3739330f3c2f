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

// active elements run, load or submit something.
var active = []string{
	"script", "iframe", "frame", "frameset", "object", "embed", "applet", "form", "input", "button", "select", "textarea",
	"link", "base", "portal", "template", "svg", "math",
}

// loading attributes name what a mail client fetches.
var loading = []string{
	"src", "srcset", "background", "poster", "data", "action", "formaction", "ping", "longdesc", "lowsrc", "dynsrc", "cite",
	"manifest", "classid", "codebase", "srcdoc", "imagesrcset",
}

// inspectHTML tells what must not be in the HTML part of a mail: anything active, anything that is loaded from elsewhere,
// and links to anywhere but link and mail addresses. An empty link allows an empty target.
func inspectHTML(document, link string) error {
	var wrong []error
	tokens := html.NewTokenizer(strings.NewReader(document))
	style := false
	for {
		switch tokens.Next() {
		case html.ErrorToken: // the end; a text is never broken HTML
			return errors.Join(wrong...)
		case html.StartTagToken, html.SelfClosingTagToken:
			token := tokens.Token()
			style = token.Data == "style"
			wrong = append(wrong, inspectElement(&token, link)...)
		case html.EndTagToken:
			style = false
		case html.TextToken:
			if style {
				wrong = append(wrong, inspectStyle("style", string(tokens.Text()))...)
			}
		}
	}
}

func inspectElement(token *html.Token, link string) []error {
	var wrong []error
	if slices.Contains(active, token.Data) {
		wrong = append(wrong, fmt.Errorf("the element <%s> has no place in a mail: take it out", token.Data))
	}
	for _, a := range token.Attr {
		key := strings.ToLower(a.Key)
		switch {
		case strings.HasPrefix(key, "on"):
			wrong = append(wrong, fmt.Errorf("<%s %s> is a script: take it out", token.Data, key))
		case key == "http-equiv" && !strings.EqualFold(a.Val, "content-type"):
			wrong = append(wrong, fmt.Errorf("<%s http-equiv=%q> has no place in a mail: take it out", token.Data, a.Val))
		case key == "style":
			wrong = append(wrong, inspectStyle("<"+token.Data+" style>", a.Val)...)
		case slices.Contains(loading, key) && !strings.HasPrefix(a.Val, "data:image/"):
			wrong = append(wrong, fmt.Errorf("<%s %s> loads something from elsewhere: take it out, or put a picture into the mail "+
				"as data:image/…", token.Data, key))
		case (key == "href" || key == "xlink:href") && !allowedLink(token.Data, a.Val, link):
			wrong = append(wrong, fmt.Errorf("<%s href> leads to another place than {{.URL}} or a mail address: people must not be "+
				"led elsewhere by a mail that asks them to sign in", token.Data))
		}
	}
	return wrong
}

func allowedLink(element, target, link string) bool {
	return element == "a" && (target == link || strings.HasPrefix(target, "mailto:"))
}

func inspectStyle(where, style string) []error {
	// CSS knows escapes and comments, with which a word can be written in other letters.
	style = strings.ToLower(style)
	for _, word := range []string{"url(", "@import", "expression(", "image-set(", "src(", "behavior:", "-moz-binding", "\\"} {
		if strings.Contains(style, word) {
			return []error{fmt.Errorf("%s holds %q, which loads or hides something: take it out", where, word)}
		}
	}
	return nil
}

// linksOf gives where the links of an HTML document lead, in order.
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
