// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package portal_test

import (
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/net/html"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/emailaddr"
	"github.com/usher-operator/usher/internal/portal"
	"github.com/usher-operator/usher/internal/question"
)

// pageElements are the elements of the portal's pages.
var pageElements = strings.Fields(`html head meta title link script body div header img span p bdi nav ol ul li main footer svg rect g path circle line polyline ellipse a h1 h2
	details summary figure figcaption blockquote dl dt dd form fieldset legend label input select option textarea button code pre strong em br`)

// checkPage checks that a page is whole, and that nothing on it runs, loads or leads anywhere but where the portal's own pages do.
func checkPage(t *testing.T, p *fuzzed, body string) {
	if !utf8.ValidString(body) || !strings.HasSuffix(body, "</html>\n") {
		t.Fatalf("the page is not whole: %q", body)
	}
	for _, n := range nodes(t, body) {
		if !slices.Contains(pageElements, n.Data) {
			t.Fatalf("the page has the element <%s>", n.Data)
		}
		for _, a := range n.Attr {
			checkAttribute(t, p, n.Data, a)
		}
		if n.Data == "script" && n.FirstChild != nil {
			t.Fatalf("the page has a script of its own: %s", n.FirstChild.Data)
		}
	}
}

func checkAttribute(t *testing.T, p *fuzzed, element string, a html.Attribute) {
	switch {
	case strings.HasPrefix(a.Key, "on"), a.Key == "style", a.Key == "srcdoc", a.Key == "formaction", a.Key == "http-equiv":
		t.Fatalf("<%s %s=%q>", element, a.Key, a.Val)
	case a.Key == "src" && element == "img" && strings.HasPrefix(a.Val, "data:image/"):
	case a.Key == "src" && !strings.HasPrefix(a.Val, "/static/"):
		t.Fatalf("<%s src=%q> loads something from elsewhere", element, a.Val)
	case a.Key == "href" && (strings.HasPrefix(a.Val, "mailto:") || strings.HasPrefix(a.Val, "#") || strings.HasPrefix(a.Val, "?lang=")):
	case a.Key == "href" || a.Key == "action" && a.Val != "":
		checkLink(t, p, a.Val)
	}
}

// checkLink checks that a link leads to a page of the portal.
func checkLink(t *testing.T, p *fuzzed, link string) {
	u, err := url.Parse(link)
	if err != nil || u.Host != "" || u.Scheme != "" || !strings.HasPrefix(u.Path, "/") {
		t.Fatalf("the page leads to %q", link)
	}
	answer := p.do(fuzzRequest(http.MethodHead, u.Path, u.RawQuery, "", ""))
	if answer.Code == http.StatusNotFound && !strings.HasPrefix(u.Path, "/account/o/") {
		t.Fatalf("the page leads to %q, where there is nothing", link)
	}
}

// nodes returns the elements of a page, as a browser reads it.
func nodes(t *testing.T, body string) []*html.Node {
	document, err := html.Parse(strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	var all []*html.Node
	for n := range document.Descendants() {
		if n.Type == html.ElementNode {
			all = append(all, n)
		}
	}
	return all
}

// elements returns the names of the elements of a page, and of their attributes.
func elements(t *testing.T, body string) string {
	var all strings.Builder
	for _, n := range nodes(t, body) {
		all.WriteString("<" + n.Data)
		for _, a := range n.Attr {
			all.WriteString(" " + a.Key)
		}
		all.WriteString(">")
	}
	return all.String()
}

var (
	multiline = regexp.MustCompile(`[\p{Cc}\p{Zl}\p{Zp}\x{202A}-\x{202E}\x{2066}-\x{2069}]`)
	visible   = regexp.MustCompile(`[^\s\pZ\pC]`)
	e164      = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)
)

// registrationFault returns why the API would refuse a registration.
func registrationFault(r v1alpha1.Registration) error {
	name := string(r.DisplayName)
	switch {
	case utf8.RuneCountInString(name) > 128 || multiline.MatchString(name) || !visible.MatchString(name):
		return errors.New("the API refuses the name")
	case r.Phone != "" && !e164.MatchString(string(r.Phone)):
		return errors.New("the API refuses the number")
	case r.Language != "en" && r.Language != "es":
		return errors.New("there is no such language")
	}
	return nil
}

// submissionFault returns why nobody could have asked a question.
func submissionFault(s portal.Submission) error {
	switch {
	case !emailaddr.Valid(s.Address) || strings.ContainsAny(s.Address, "\r\n"):
		return errors.New("the address is none")
	case s.Subject == "" || utf8.RuneCountInString(s.Subject) > question.MaxSubject || multiline.MatchString(s.Subject):
		return errors.New("the subject is no line")
	case multiline.MatchString(s.Name) || utf8.RuneCountInString(s.Name) > question.MaxName:
		return errors.New("the name is no line")
	case s.Text == "" || len(s.Text) > question.MaxTextBytes || !utf8.ValidString(s.Text) || strings.Contains(s.Text, "\r"):
		return errors.New("the text is none")
	}
	return nil
}
