// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package mailbox

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"html"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"net/textproto"
	"regexp"
	"slices"
	"strings"
)

// Message is one mail as it arrived.
type Message struct {
	// Number counts arrivals from 1.
	Number int
	// File is the path of the .eml file.
	File string
	// EnvelopeFrom and EnvelopeTo are the addresses of the SMTP transaction.
	EnvelopeFrom string
	EnvelopeTo   []string
	// From and To are the header fields, with decoded names.
	From mail.Address
	To   []mail.Address
	// Subject is decoded.
	Subject string
	// MessageID is the header field with its angle brackets.
	MessageID string
	// Header holds all header fields as they arrived.
	Header mail.Header
	// Text and HTML are the decoded bodies; a mail may lack one or both.
	Text string
	HTML string
	// Raw is the whole mail with the envelope (Return-Path, Delivered-To) in front.
	Raw []byte
	// Malformed says what is wrong with a malformed mail; the other fields hold what could be read.
	Malformed string
}

var (
	textLink = regexp.MustCompile(`https?://[^\s<>"']+`)
	htmlLink = regexp.MustCompile(`(?i)\bhref\s*=\s*(?:"(https?://[^"]*)"|'(https?://[^']*)')`)
)

// SentTo reports whether the envelope names the address, regardless of case.
func (m Message) SentTo(address string) bool {
	return slices.ContainsFunc(m.EnvelopeTo, func(to string) bool { return strings.EqualFold(to, address) })
}

// Links returns the http and https links of the text, followed by those of the HTML, without duplicates.
func (m Message) Links() []string {
	var links []string
	add := func(link string) {
		if link != "" && !slices.Contains(links, link) {
			links = append(links, link)
		}
	}
	for _, link := range textLink.FindAllString(m.Text, -1) {
		add(strings.TrimRight(link, ".,;:!?)]"))
	}
	for _, match := range htmlLink.FindAllStringSubmatch(m.HTML, -1) {
		add(html.UnescapeString(match[1] + match[2]))
	}
	return links
}

// Parse reads a mail. It takes the envelope from the header fields Return-Path and Delivered-To.
func Parse(raw []byte) Message {
	message := Message{Raw: raw}
	parsed, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		message.Malformed = err.Error()
		return message
	}
	message.Header = parsed.Header
	message.EnvelopeFrom = strings.Trim(parsed.Header.Get("Return-Path"), "<>")
	message.EnvelopeTo = parsed.Header["Delivered-To"]
	message.MessageID = parsed.Header.Get("Message-Id")
	if err := message.decodeHeader(); err != nil {
		message.Malformed = err.Error()
	}
	if err := message.readPart(textproto.MIMEHeader(parsed.Header), parsed.Body); err != nil {
		message.Malformed = err.Error()
	}
	return message
}

func (m *Message) decodeHeader() error {
	subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	if err != nil {
		return fmt.Errorf("subject: %w", err)
	}
	m.Subject = subject
	from, err := m.Header.AddressList("From")
	if err != nil {
		return fmt.Errorf("from: %w", err)
	}
	m.From = *from[0]
	to, err := m.Header.AddressList("To")
	if err != nil {
		return fmt.Errorf("to: %w", err)
	}
	for _, address := range to {
		m.To = append(m.To, *address)
	}
	return nil
}

// readPart takes the first text and the first HTML that it finds at any depth.
func (m *Message) readPart(header textproto.MIMEHeader, body io.Reader) error {
	contentType := header.Get("Content-Type")
	if contentType == "" {
		contentType = "text/plain; charset=us-ascii"
	}
	mediaType, parameters, err := mime.ParseMediaType(contentType)
	if err != nil {
		return fmt.Errorf("content type %q: %w", contentType, err)
	}
	if strings.HasPrefix(mediaType, "multipart/") {
		return m.readParts(multipart.NewReader(body, parameters["boundary"]))
	}
	content, err := decodeBody(header.Get("Content-Transfer-Encoding"), parameters["charset"], body)
	if err != nil {
		return fmt.Errorf("%s part: %w", mediaType, err)
	}
	switch {
	case mediaType == "text/plain" && m.Text == "":
		m.Text = content
	case mediaType == "text/html" && m.HTML == "":
		m.HTML = content
	}
	return nil
}

func (m *Message) readParts(parts *multipart.Reader) error {
	for {
		part, err := parts.NextRawPart()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if err := m.readPart(part.Header, part); err != nil {
			return err
		}
	}
}

func decodeBody(encoding, charset string, body io.Reader) (string, error) {
	switch strings.ToLower(encoding) {
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, body)
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	}
	content, err := io.ReadAll(body)
	if err != nil {
		return "", err
	}
	if strings.EqualFold(charset, "iso-8859-1") {
		runes := make([]rune, len(content))
		for i, b := range content {
			runes[i] = rune(b)
		}
		return string(runes), nil
	}
	return string(content), nil
}

// summary names the last few mails for an error message.
func summary(messages []Message) string {
	var text strings.Builder
	for _, message := range messages[max(0, len(messages)-5):] {
		fmt.Fprintf(&text, "; %d to %s %q", message.Number, strings.Join(message.EnvelopeTo, ","), message.Subject)
	}
	return text.String()
}
