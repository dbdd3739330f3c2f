// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package mail

import (
	"strings"
	"testing"
)

// FuzzCustomize reads any file of an organization's own mail templates. It is refused with the name of the file, or every mail with hostile
// values is one mail: the headers are the expected ones, and the HTML leads only where the mail is meant to.
func FuzzCustomize(f *testing.F) {
	for _, seed := range []struct{ name, content string }{
		{"en.json", `{"invite.subject":"Welcome to {organization}"}`},
		{"fr.json", `{"direction":"ltr"}`},
		{"en.json", `{"x":1}`},
		{"en.json", "{\n]"},
		{HTMLFile, "{{define \"x\"}}"},
		{TextFile, "{{.URL}}\n{{range .Paragraphs}}{{.}}\n{{end}}"},
		{"notes.txt", ""},
		{"xx-.json", "{}"},
	} {
		f.Add(seed.name, seed.content, "Eva\r\nBcc: all@evil.example")
	}
	f.Fuzz(func(t *testing.T, file, content, hostile string) {
		if len(content) > 2000 {
			return // a template may repeat itself
		}
		own, err := Customize(map[string]string{file: content})
		if err != nil {
			if strings.TrimSpace(err.Error()) == "" || !strings.ContainsAny(err.Error(), ":") {
				t.Fatalf("%q is refused with %q", file, err)
			}
			return
		}
		for _, kind := range []Kind{Invitation, Kinds()[len(Kinds())-1]} {
			r, err := own.Render(Content{Kind: kind, Language: "en", Organization: "Acme", Inviter: hostile, Recipient: hostile, Message: hostile, Role: "Member", URL: sampleURL, Username: "a"})
			if err != nil {
				continue
			}
			if err := inspectHTML(r.HTML, sampleURL); err != nil {
				t.Fatalf("%s of %q: %v", file, content, err)
			}
			if strings.ContainsAny(r.Subject, "\r\n\x00") {
				t.Fatalf("the subject %q", r.Subject)
			}
		}
	})
}
