// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package mail

import (
	"embed"
	"errors"
	"fmt"
	htmltemplate "html/template"
	"io"
	"strings"
	"sync/atomic"
	texttemplate "text/template"

	"github.com/usher-operator/usher/internal/locale"
)

// Names of the two templates, as files and as keys of what overrides them.
const (
	HTMLFile = "mail.html.tmpl"
	TextFile = "mail.txt.tmpl"
)

// maxPart is the maximum size of a part of a mail in bytes: some mail clients cut off longer parts.
const maxPart = 100 << 10

//go:embed templates/*.tmpl
var templateFiles embed.FS

// Templates are the words and the layout of mails. They do not change and are safe for concurrent use.
type Templates struct {
	languages *locale.Set
	text      *texttemplate.Template
	html      *htmltemplate.Template
}

// shipped are the templates that ship with Usher.
var shipped = &Templates{
	languages: languages,
	text:      texttemplate.Must(texttemplate.ParseFS(templateFiles, "templates/"+TextFile)),
	html:      htmltemplate.Must(htmltemplate.ParseFS(templateFiles, "templates/"+HTMLFile)),
}

// Shipped returns the templates that ship with Usher.
func Shipped() *Templates { return shipped }

// InForce holds the templates in force for mails, which may change at any time. Its zero value, and nil, stand for the templates
// that ship. It is safe for concurrent use.
type InForce struct{ current atomic.Pointer[Templates] }

// Use puts templates in force for all mails from now on.
func (f *InForce) Use(t *Templates) { f.current.Store(t) }

// Render writes the mail with the templates in force.
func (f *InForce) Render(c Content) (Rendered, error) {
	if f != nil {
		if t := f.current.Load(); t != nil {
			return t.Render(c)
		}
	}
	return shipped.Render(c)
}

// execute renders one part of a mail and stops when it grows too long.
func execute(name string, t interface{ Execute(io.Writer, any) error }, v *view) (string, error) {
	var part bounded
	err := t.Execute(&part, v)
	if errors.Is(err, errTooLong) {
		err = fmt.Errorf("%s: %w", name, err)
	}
	return part.text.String(), err
}

// bounded is a text of at most maxPart bytes.
type bounded struct{ text strings.Builder }

var errTooLong = errors.New("the part is longer than 100 KiB, and mail clients would cut it off: make it shorter")

// Write fails if the text would grow too long.
func (b *bounded) Write(p []byte) (int, error) {
	if b.text.Len()+len(p) > maxPart {
		return 0, errTooLong
	}
	return b.text.Write(p)
}
