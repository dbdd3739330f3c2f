// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Package gateway posts messages for phones to a web service of the platform team, which passes them on as text messages or calls
// (GTA-13). Requests are signed as in Standard Webhooks.
//
// It knows nothing of Kubernetes.
package gateway

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/usher-operator/usher/internal/breaker"
)

const (
	// timeout bounds one request.
	timeout = 10 * time.Second
	// maxAnswer is the maximum number of bytes of an answer that are read.
	maxAnswer = 64 << 10
)

// Message is a message to one phone.
type Message struct {
	// ID identifies the message. A message that is sent again has the same one.
	ID string `json:"id"`
	// Type is SMS for a text message, or Phone for a call.
	Type string `json:"type"`
	// To is the number in E.164 form.
	To string `json:"to"`
	// Text is the message, in one line.
	Text string `json:"text"`
	// Organization and Workspace are the names of what the message is about. One about the whole organization has no workspace.
	Organization string `json:"organization"`
	Workspace    string `json:"workspace,omitempty"`
}

// Options say how to reach the gateway.
type Options struct {
	// URL is where messages are posted: https, or http on the same host.
	URL string
	// KeyFile contains the signing key. It is read for each message, so a changed Secret needs no restart.
	KeyFile string
	// Now is the clock; nil: the system's.
	Now func() time.Time
}

// Client posts messages to one gateway. It is safe for concurrent use.
type Client struct {
	options Options
	http    *http.Client
	now     func() time.Time
	breaker breaker.Breaker
}

// New checks the options, but not the key; see CheckKey. It does not connect before the first Send.
func New(options Options) (*Client, error) {
	if err := CheckURL(options.URL); err != nil {
		return nil, err
	}
	now := options.Now
	if now == nil {
		now = time.Now
	}
	return &Client{
		options: options, now: now,
		http: &http.Client{
			Timeout:       timeout,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}, nil
}

// CheckKey returns what is wrong with the file of a signing key. While it is unusable, no message is sent; each is tried again later.
func CheckKey(file string) error {
	_, err := readKey(file)
	return err
}

// CheckURL returns what is wrong with the URL of a gateway.
func CheckURL(raw string) error {
	u, err := url.Parse(raw)
	switch {
	case err != nil || u.Hostname() == "" || u.Scheme != "https" && u.Scheme != "http":
		return fmt.Errorf("gateway %q must be an absolute URL such as https://sms.acme.example/messages", withoutSecrets(u))
	case u.User != nil:
		return fmt.Errorf("gateway %q must not contain a user name or password: messages are signed instead", withoutSecrets(u))
	case u.Scheme == "http" && !isLoopback(u.Hostname()):
		return fmt.Errorf("gateway %q must have the scheme https, because messages contain names and addresses; http is for 127.0.0.1 only",
			withoutSecrets(u))
	}
	return nil
}

// withoutSecrets returns a URL without the parts that may be secret.
func withoutSecrets(u *url.URL) string {
	if u == nil {
		return ""
	}
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String()
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// Send posts a message and returns when the gateway has accepted it with an answer 2xx.
//
// An error is permanent (IsPermanent) when the gateway refuses the message itself: 4xx except 408 and 429. After any other error
// the message may be sent again. While the gateway cannot be reached, most messages are not tried, and their error says when
// to try again (NotTried).
func (c *Client) Send(ctx context.Context, m Message) error {
	if until, cause := c.breaker.Open(c.now()); cause != nil {
		return &Error{RetryAt: until, text: cause.Error()}
	}
	request, err := c.request(ctx, m)
	if err != nil {
		return &Error{text: "gateway: " + err.Error()}
	}
	response, err := c.http.Do(request)
	if err != nil {
		failed := &Error{text: fmt.Sprintf("gateway %s: %s", request.URL.Host, reasonOf(err))}
		if ctx.Err() == nil {
			c.breaker.Record(c.now(), failed)
		}
		return failed
	}
	defer response.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, maxAnswer))
	answer := judge(request.URL.Host, response)
	if answer != nil && !answer.Permanent {
		c.breaker.Record(c.now(), answer)
		return answer
	}
	c.breaker.Record(c.now(), nil)
	if answer != nil {
		return answer
	}
	return nil
}

// request creates and signs the request.
func (c *Client) request(ctx context.Context, m Message) (*http.Request, error) {
	key, err := readKey(c.options.KeyFile)
	if err != nil {
		return nil, err
	}
	body, err := json.Marshal(m)
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.options.URL, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	timestamp := strconv.FormatInt(c.now().Unix(), 10)
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", "usher")
	request.Header.Set("webhook-id", m.ID)
	request.Header.Set("webhook-timestamp", timestamp)
	request.Header.Set("webhook-signature", Signature(key, m.ID, timestamp, body))
	return request, nil
}

// judge returns the error that an answer stands for; nil: the message was accepted.
func judge(host string, response *http.Response) *Error {
	code := response.StatusCode
	if code >= 200 && code < 300 {
		return nil
	}
	e := &Error{Code: code, text: fmt.Sprintf("gateway %s answered %d %s", host, code, http.StatusText(code))}
	if code >= 300 && code < 400 {
		e.text += ": redirects are not followed, set --gateway-url to the new address"
	}
	e.Permanent = code >= 400 && code < 500 && code != http.StatusRequestTimeout && code != http.StatusTooManyRequests
	return e
}
