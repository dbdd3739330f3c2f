// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"bufio"
	"context"
	"crypto/sha1" //nolint:gosec // G505: what such lists are made of; it protects nothing here
	"encoding/hex"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"sigs.k8s.io/controller-runtime/pkg/metrics"
)

const (
	// prefixLength is how many digits of a password's SHA-1 the list is told. Hundreds of listed passwords share them.
	prefixLength = 5
	// breachedTimeout bounds the question: a person waits.
	breachedTimeout = 2 * time.Second
	// maxRange is the maximum size of an answer.
	maxRange = 1 << 20
)

var unanswered = prometheus.NewCounter(prometheus.CounterOpts{
	Name: "usher_breached_passwords_unanswered_total",
	Help: "Passwords that were accepted because the list of breached passwords did not answer.",
})

func init() { metrics.Registry.MustRegister(unanswered) }

// rangeList is a list of breached passwords that is asked by ranges (k-anonymity), as the one of Have I Been Pwned.
type rangeList struct {
	url    string
	client *http.Client
}

func newRangeList(url string) *rangeList {
	return &rangeList{url: url, client: &http.Client{
		Timeout:       breachedTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// contains reports whether a password is in the list. A list that does not answer keeps nobody from choosing a password.
func (l *rangeList) contains(ctx context.Context, password string) bool {
	sum := sha1.Sum([]byte(password)) //nolint:gosec // G401: see the import
	digits := strings.ToUpper(hex.EncodeToString(sum[:]))
	listed, err := l.ask(ctx, digits[:prefixLength], digits[prefixLength:])
	if err != nil {
		unanswered.Inc()
	}
	return listed
}

func (l *rangeList) ask(ctx context.Context, prefix, rest string) (bool, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, l.url+prefix, nil)
	if err != nil {
		return false, err
	}
	request.Header.Set("Add-Padding", "true") // so that the size of the answer does not tell the range
	answer, err := l.client.Do(request)
	if err != nil {
		return false, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return false, http.ErrNotSupported
	}
	lines := bufio.NewScanner(io.LimitReader(answer.Body, maxRange))
	for lines.Scan() {
		suffix, times, _ := strings.Cut(strings.TrimSpace(lines.Text()), ":")
		if strings.EqualFold(suffix, rest) && times != "0" { // 0: padding
			return true, nil
		}
	}
	return false, lines.Err()
}
