// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package operator

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"time"

	"k8s.io/client-go/rest"
)

// lagVariable names the environment variable that delays watch events and writes of every operator of a suite by a random
// time up to its value, as on a busy machine. This reveals what specs take for granted, and what the operator wrongly
// assumes about its cache.
const lagVariable = "USHER_TEST_LAG"

// withLag returns a configuration that delays a quarter of all watch events and a quarter of all writes. The watch of each
// kind is delayed on its own, so that caches disagree.
func withLag(cfg *rest.Config) (*rest.Config, error) {
	value, set := os.LookupEnv(lagVariable)
	if !set {
		return cfg, nil
	}
	most, err := time.ParseDuration(value)
	if err != nil || most <= 0 {
		return nil, fmt.Errorf("%s=%s: set it to a duration, such as 600ms", lagVariable, value)
	}
	out := rest.CopyConfig(cfg)
	out.Wrap(func(next http.RoundTripper) http.RoundTripper { return &laggingTransport{next: next, most: most} })
	return out, nil
}

type laggingTransport struct {
	next http.RoundTripper
	most time.Duration
}

// RoundTrip implements http.RoundTripper.
func (l *laggingTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method != http.MethodGet {
		lag(l.most / 3)
	}
	response, err := l.next.RoundTrip(r)
	if err == nil && r.URL.Query().Get("watch") != "" {
		response.Body = laggingBody{response.Body, l.most}
	}
	return response, err
}

// laggingBody delays the events of a watch.
type laggingBody struct {
	io.ReadCloser

	most time.Duration
}

// Read implements io.Reader.
func (b laggingBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	lag(b.most)
	return n, err
}

func lag(most time.Duration) {
	if rand.IntN(4) == 0 { //nolint:gosec // no secret
		time.Sleep(rand.N(most)) //nolint:gosec // no secret
	}
}
