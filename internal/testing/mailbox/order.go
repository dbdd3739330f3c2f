// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package mailbox

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/emersion/go-smtp"
)

// maxOrder is the maximum length of a request for trouble, in bytes.
const maxOrder = 64 << 10

// order is the trouble that somebody requests from outside.
type order struct {
	None

	// Greet, Mail, Rcpt and Data are the answers to a new connection, MAIL FROM, RCPT TO and the text; nil: the usual ones.
	Greet *answer `json:"greet,omitempty"`
	Mail  *answer `json:"mail,omitempty"`
	Rcpt  *answer `json:"rcpt,omitempty"`
	Data  *answer `json:"data,omitempty"`
	// Address is part of the addresses that the trouble is for: of the sender at MAIL FROM, otherwise of the recipients. Empty: all.
	Address string `json:"address,omitempty"`
	// Times is how many answers are given; zero: all, until the trouble is ended.
	Times int `json:"times,omitempty"`

	mu    sync.Mutex
	given int
}

// answer is an answer in JSON: a code and a text, as in [550, "5.1.1 no such user"].
type answer struct{ smtp.SMTPError }

var enhancedCode = regexp.MustCompile(`^([245])\.(\d{1,3})\.(\d{1,3})(?: |$)`)

// UnmarshalJSON implements json.Unmarshaler.
func (a *answer) UnmarshalJSON(data []byte) error {
	var code int
	var text string
	pair := []any{&code, &text}
	if err := json.Unmarshal(data, &pair); err != nil || len(pair) != 2 {
		return fmt.Errorf(`%s is not an answer: it must be a code and a text, for example [550, "5.1.1 no such user"]`, data)
	}
	switch {
	case code < 400 || code > 599:
		return fmt.Errorf("the code %d refuses nothing: it must be between 400 and 599", code)
	case strings.ContainsFunc(text, func(r rune) bool { return r < ' ' }):
		return fmt.Errorf("the text %q must be one line", text)
	}
	a.SMTPError = smtp.SMTPError{Code: code, EnhancedCode: smtp.NoEnhancedCode, Message: text}
	if found := enhancedCode.FindStringSubmatch(text); found != nil {
		for n := range a.EnhancedCode {
			a.EnhancedCode[n], _ = strconv.Atoi(found[n+1]) // digits, few of them
		}
		a.Message = text[len(found[0]):]
	}
	return nil
}

// readOrder reads an order.
func readOrder(from io.Reader) (*order, error) {
	data, err := io.ReadAll(io.LimitReader(from, maxOrder))
	if err != nil {
		return nil, err
	}
	var o order
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&o); err != nil {
		return nil, fmt.Errorf("the trouble must be a JSON object with greet, mail, rcpt, data, address and times: %w", err)
	}
	switch {
	case decoder.More():
		return nil, errors.New("the trouble must be one JSON object, but something follows it")
	case o.Greet == nil && o.Mail == nil && o.Rcpt == nil && o.Data == nil:
		return nil, errors.New("the trouble has no answer: set greet, mail, rcpt or data")
	case o.Times < 0:
		return nil, fmt.Errorf("times is %d: it must not be negative; 0 means until the trouble is ended", o.Times)
	case o.Address != "" && o.Greet != nil:
		return nil, errors.New("greet is for everybody, because no address is known yet: leave address out")
	}
	return &o, nil
}

// give returns an answer if it is for one of the addresses, and has not been given often enough.
func (o *order) give(a *answer, addresses ...string) error {
	concerned := func(address string) bool {
		return strings.Contains(strings.ToLower(address), strings.ToLower(o.Address))
	}
	if a == nil || o.Address != "" && !slices.ContainsFunc(addresses, concerned) {
		return nil
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.Times > 0 && o.given >= o.Times {
		return nil
	}
	o.given++
	return &a.SMTPError
}

// Greeting implements Trouble.
func (o *order) Greeting() error { return o.give(o.Greet) }

// Sender implements Trouble.
func (o *order) Sender(sender string) error { return o.give(o.Mail, sender) }

// Recipient implements Trouble.
func (o *order) Recipient(recipient string) error { return o.give(o.Rcpt, recipient) }

// Text implements Trouble.
func (o *order) Text(recipients []string) Fate { return Fate{Refuse: o.give(o.Data, recipients...)} }

// startTrouble makes the server misbehave as a request says.
func (m *Mailbox) startTrouble(w http.ResponseWriter, r *http.Request) {
	o, err := readOrder(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	m.SetTrouble(o)
	if o.Greet != nil {
		m.greeting.Add(1)
	}
	w.WriteHeader(http.StatusNoContent)
}

// endTrouble ends whatever trouble there is.
func (m *Mailbox) endTrouble(w http.ResponseWriter, _ *http.Request) {
	m.SetTrouble(None{})
	w.WriteHeader(http.StatusNoContent)
}
