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

// lagVariable names the environment variable that makes every operator of a suite hear of each thing late, by a random
// time up to the duration that it holds, as on a machine that does much else. Whatever a spec takes for granted, or the
// operator believes of its cache, comes to light.
const lagVariable = "USHER_TEST_LAG"

// late gives a configuration by which a quarter of what watches bring comes late, and a quarter of all writes goes out
// late; each kind has a connection of its own, so that caches disagree.
func late(cfg *rest.Config) (*rest.Config, error) {
	value, set := os.LookupEnv(lagVariable)
	if !set {
		return cfg, nil
	}
	most, err := time.ParseDuration(value)
	if err != nil || most <= 0 {
		return nil, fmt.Errorf("%s=%s: give a duration, such as 600ms", lagVariable, value)
	}
	out := rest.CopyConfig(cfg)
	out.Wrap(func(next http.RoundTripper) http.RoundTripper { return &lagging{next: next, most: most} })
	return out, nil
}

type lagging struct {
	next http.RoundTripper
	most time.Duration
}

// RoundTrip implements http.RoundTripper.
func (l *lagging) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method != http.MethodGet {
		lag(l.most / 3)
	}
	response, err := l.next.RoundTrip(r)
	if err == nil && r.URL.Query().Get("watch") != "" {
		response.Body = lateBody{response.Body, l.most}
	}
	return response, err
}

// lateBody is what a watch brings, late.
type lateBody struct {
	io.ReadCloser

	most time.Duration
}

// Read implements io.Reader.
func (b lateBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	lag(b.most)
	return n, err
}

func lag(most time.Duration) {
	if rand.IntN(4) == 0 { //nolint:gosec // no secret
		time.Sleep(rand.N(most)) //nolint:gosec // no secret
	}
}
