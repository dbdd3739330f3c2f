// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package mail

import (
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	netmail "net/mail"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// expectedHeaders are all headers of a mail, whatever its content.
var expectedHeaders = []string{
	"Auto-Submitted", "Content-Language", "Content-Type", "Date", "From", "Message-Id", "Mime-Version", "Subject", "To",
	"X-Auto-Response-Suppress",
}

var textLink = regexp.MustCompile(`(?i)[a-z][a-z0-9+.-]*://\S*`)

// unseen are characters that reorder or hide text, except the pair of isolates around a value of the other direction.
const unseen = "\u00ad\u061c\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\ufeff\x00\x07\x1b\x7f\u0085"

// hostile are names and texts that an attacker would choose.
var hostile = []string{
	"Eva\r\nBcc: all@evil.example", "Eva\nSubject: x\n\nbody", "Eva\u2028X-Evil: 1", "Eva\u0085X-Evil: 1", "\r\n\r\n--boundary--\r\n",
	"=?utf-8?q?Eva=0D=0ABcc:_all@evil.example?=", "Eva\x00\x07\x1b[31m", "moc.live\u202egnp.exe", "\u2066Eva\u2069\u2067x", "a\u200bb\ufeffc\u2060",
	"ceo@bank.example", `"Ana" <ana@bank.example>`, "https://evil.example/login", "javascript://evil.example/%0aalert(1)",
	"<script>alert(1)</script>", `"><img src=https://evil.example/x.png>`, "</td></tr></table></body></html>", "<!-- ", "</style><style>",
	"{{.URL}}", "{{template \"x\"}}", "{organization}", "{who}{inviter}", "%s%n%d", "$(id)", "&lt;b&gt;&#60;", "{{`}}",
	strings.Repeat("W", 128), strings.Repeat("Donaudampfschifffahrt", 12), "a" + strings.Repeat("\u0301", 60),
	"שלום עולם", "محمد بن سلمان", "Ana שלום (evil)", "👩‍💻🏳️‍🌈 Team", "नमस्ते", "Nguyễn Thị Minh", "\u3164", "\u200d", "", ".", "S.A.",
	string([]byte{0xff, 0xfe, 'E'}), "x\U000e0041\U000e0042",
}

// checkMail renders the mail with the given values and returns what is wrong with it.
func checkMail(kind Kind, language, organization, inviter, recipient, message, workspace string) error {
	const link = "https://portal.acme.example/i/AbCdEf0123456789"
	r, err := Render(Content{
		Kind: kind, Language: language, Organization: organization, Inviter: inviter, Recipient: recipient, Role: "Member",
		Workspaces: []Word{WordOf(workspace), PhraseOf("access.Edit", "workspace", workspace)}, Contact: recipient, Message: message, URL: link, Username: recipient,
	})
	if err != nil {
		if name(organization) == "" {
			return nil // a mail in nobody's name is refused
		}
		return err
	}
	sender, err := NewSender(Options{Address: "localhost:25", From: "usher@acme.example"})
	if err != nil {
		return err
	}
	l, err := sender.compose(Message{FromName: organization, To: "luis@acme.example", MessageID: "1@acme.example", Rendered: r})
	if err != nil {
		return err
	}
	return parseAndCheck(string(l.text), link)
}

func parseAndCheck(raw, link string) error {
	for line := range strings.SplitSeq(raw, "\r\n") {
		if len(line) > 998 || strings.ContainsAny(line, "\r\n\x00") || strings.ContainsFunc(line, func(r rune) bool { return r > '~' }) {
			return fmt.Errorf("a line is too long or holds what no mail server must take: %q", line)
		}
	}
	m, err := netmail.ReadMessage(strings.NewReader(raw))
	if err != nil {
		return err
	}
	if err := checkHeaders(m.Header); err != nil {
		return err
	}
	kind, parameters, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/alternative" {
		return fmt.Errorf("content type %q: %w", kind, err)
	}
	return checkParts(multipart.NewReader(m.Body, parameters["boundary"]), link)
}

func checkHeaders(header netmail.Header) error {
	for key, values := range header {
		if !slices.Contains(expectedHeaders, key) || len(values) != 1 {
			return fmt.Errorf("header %s: %q", key, values)
		}
		decoded, err := new(mime.WordDecoder).DecodeHeader(values[0])
		if err != nil || strings.ContainsAny(decoded, unseen+"\r\n\u2028\u2029\u202e\u2068\u2069") || !utf8.ValidString(decoded) {
			return fmt.Errorf("header %s: %q: %w", key, decoded, err)
		}
	}
	if len(header) != len(expectedHeaders) {
		return fmt.Errorf("headers %v", header)
	}
	from, err := header.AddressList("From")
	if err != nil || len(from) != 1 || from[0].Address != "usher@acme.example" || strings.Contains(from[0].Name, "@") {
		return fmt.Errorf("sender %v: %w", from, err)
	}
	to, err := header.AddressList("To")
	if err != nil || len(to) != 1 || to[0].String() != "<luis@acme.example>" {
		return fmt.Errorf("recipient %v: %w", to, err)
	}
	return nil
}

func checkParts(parts *multipart.Reader, link string) error {
	var all []string
	for {
		part, err := parts.NextRawPart()
		if err == io.EOF { //nolint:errorlint // the reader returns it unwrapped
			break
		}
		if err != nil {
			return err
		}
		content, err := io.ReadAll(quotedprintable.NewReader(part))
		if err != nil {
			return err
		}
		if strings.ContainsAny(string(content), unseen+"\u202e") || !utf8.Valid(content) {
			return fmt.Errorf("a part holds characters that reorder or hide: %q", content)
		}
		all = append(all, string(content))
	}
	if len(all) != 2 {
		return fmt.Errorf("%d parts instead of 2", len(all))
	}
	return checkLinks(all[0], all[1], link)
}

// checkLinks checks that the HTML leads only to the link, and that the text contains no other, apart from what the inviter wrote.
func checkLinks(text, html, link string) error {
	if links := linksOf(html); !slices.Equal(links, []string{link, link}) {
		return fmt.Errorf("the HTML leads to %q", links)
	}
	if err := inspectHTML(html, link); err != nil {
		return err
	}
	var own []string
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, "> ") {
			own = append(own, textLink.FindAllString(line, -1)...)
		}
	}
	if !slices.Equal(own, []string{link}) {
		return fmt.Errorf("the text leads to %q", own)
	}
	for _, tag := range []string{"</table>", "</body>", "</html>", "<style>", "<title>"} {
		want := strings.Count(shippedHTML(), tag)
		if got := strings.Count(html, tag); got > want {
			return fmt.Errorf("%d times %s instead of at most %d", got, tag, want)
		}
	}
	return nil
}

func shippedHTML() string {
	data, err := templateFiles.ReadFile("templates/" + HTMLFile)
	if err != nil {
		panic(err)
	}
	return string(data)
}

var _ = Describe("Hostile values", func() {
	It("add no header, no link and no markup, in any field", func() {
		for _, kind := range Kinds() {
			for _, language := range []string{"en", "es"} {
				for i, value := range hostile {
					next := hostile[(i+1)%len(hostile)]
					Expect(checkMail(kind, language, value, next, value, next, value)).To(Succeed(), "%q %q", value, next)
					Expect(checkMail(kind, language, "Acme", value, "Luis", value, "Support")).To(Succeed(), "%q", value)
				}
			}
		}
	})

	It("that run from right to left do not reorder the text around them", func() {
		r, err := Render(Content{
			Kind: Invitation, Language: "en", Organization: "Acme", Inviter: "שלום", URL: sampleURL, Workspaces: []Word{WordOf("דלפק")},
		})
		Expect(err).NotTo(HaveOccurred())
		Expect(r.Subject).To(Equal("Invitation from שלום"))
		Expect(r.Text).To(ContainSubstring("\u2068שלום\u2069 invites you to join Acme."))
		Expect(r.Text).To(ContainSubstring("Workspaces: \u2068דלפק\u2069"))
		Expect(r.HTML).To(ContainSubstring("<bdi>שלום</bdi>"))
	})
})

func FuzzRender(f *testing.F) {
	for i, value := range hostile {
		f.Add(i, value, hostile[len(hostile)-1-i])
	}
	f.Fuzz(func(t *testing.T, choice int, one, other string) {
		kinds := Kinds()
		kind := kinds[uint(choice)%uint(len(kinds))]
		if err := checkMail(kind, []string{"en", "es"}[uint(choice/3)%2], one, other, one, other, one); err != nil {
			t.Fatal(err)
		}
	})
}
