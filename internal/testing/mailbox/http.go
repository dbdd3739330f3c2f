// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package mailbox

import (
	"bytes"
	"embed"
	"html/template"
	"net/http"
	"strconv"
	"strings"
)

const (
	pagePolicy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
	// A mail is untrusted content: it may run no scripts, send no requests, and has an opaque origin.
	mailPolicy = pagePolicy + "; img-src data:; sandbox"
)

//go:embed pages/*.html
var pageFiles embed.FS

var pages = template.Must(template.ParseFS(pageFiles, "pages/*.html"))

// ServeHTTP shows the mails: / lists them, newest last; /mails/N is the HTML part of mail N, or its text if it has none;
// /mails/N.eml is the mail as it arrived. PUT /trouble makes the server misbehave, and DELETE /trouble ends that.
func (m *Mailbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", m.serveList)
	mux.HandleFunc("GET /mails/{mail}", m.serveMail)
	mux.HandleFunc("PUT /trouble", m.startTrouble)
	mux.HandleFunc("DELETE /trouble", m.endTrouble)
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Referrer-Policy", "no-referrer")
	w.Header().Set("Cache-Control", "no-store")
	mux.ServeHTTP(w, r)
}

func (m *Mailbox) serveList(w http.ResponseWriter, _ *http.Request) {
	messages, err := m.Messages()
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	render(w, pagePolicy, "list.html", messages)
}

func (m *Mailbox) serveMail(w http.ResponseWriter, r *http.Request) {
	number, raw := strings.CutSuffix(r.PathValue("mail"), ".eml")
	message, found, err := m.message(number)
	switch {
	case err != nil:
		http.Error(w, err.Error(), http.StatusInternalServerError)
	case !found:
		http.Error(w, "Mail "+strconv.Quote(number)+" does not exist.", http.StatusNotFound)
	case raw:
		// As plain text, a browser shows it instead of opening another program.
		write(w, pagePolicy, "text/plain; charset=utf-8", message.Raw)
	case message.HTML != "":
		write(w, mailPolicy, "text/html; charset=utf-8", []byte(message.HTML))
	default:
		render(w, pagePolicy, "text.html", message)
	}
}

func (m *Mailbox) message(number string) (Message, bool, error) {
	wanted, err := strconv.Atoi(number)
	if err != nil {
		return Message{}, false, nil
	}
	messages, err := m.Messages()
	if err != nil {
		return Message{}, false, err
	}
	for _, message := range messages {
		if message.Number == wanted {
			return message, true, nil
		}
	}
	return Message{}, false, nil
}

func render(w http.ResponseWriter, policy, page string, data any) {
	var body bytes.Buffer
	if err := pages.ExecuteTemplate(&body, page, data); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	write(w, policy, "text/html; charset=utf-8", body.Bytes())
}

func write(w http.ResponseWriter, policy, contentType string, body []byte) {
	w.Header().Set("Content-Security-Policy", policy)
	w.Header().Set("Content-Type", contentType)
	// An error means that the client has disconnected.
	_, _ = w.Write(body)
}
