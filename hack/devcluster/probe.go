// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"
)

const probeTimeout = 5 * time.Second

func plainClient() *http.Client {
	return &http.Client{Timeout: probeTimeout, Transport: &http.Transport{DisableKeepAlives: true}}
}

// certificateClient connects to the cluster's own servers with a client certificate, or without one when pair is empty.
// Certificates that cannot be read are no error here: the requests fail, and say so.
func certificateClient(p paths, pair string) *http.Client {
	roots := x509.NewCertPool()
	if content, err := os.ReadFile(p.pki("ca.crt")); err == nil {
		roots.AppendCertsFromPEM(content)
	}
	config := &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
	if pair != "" {
		config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			certificate, err := tls.LoadX509KeyPair(p.pki(pair+".crt"), p.pki(pair+".key"))
			return &certificate, err
		}
	}
	return &http.Client{Timeout: probeTimeout, Transport: &http.Transport{DisableKeepAlives: true, TLSClientConfig: config}}
}

// get requests a URL, with a bearer token unless it is empty. A response other than 200 is an error.
func get(ctx context.Context, client *http.Client, url, token string) error {
	_, err := read(ctx, client, url, token)
	return err
}

// read is get that returns the response's body.
func read(ctx context.Context, client *http.Client, url, token string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return nil, err
	}
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := client.Do(request)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	const enough = 64 << 10
	body, err := io.ReadAll(io.LimitReader(response.Body, enough))
	if err != nil {
		return nil, err
	}
	if response.StatusCode != http.StatusOK {
		return nil, &responseError{status: response.StatusCode, message: fmt.Sprintf("%s responds %s: %s", url, response.Status, body)}
	}
	return body, nil
}

// errNotFound says that what was requested does not exist.
var errNotFound = errors.New("not found")

// responseError is a response other than 200.
type responseError struct {
	status  int
	message string
}

// Error says who responded what.
func (e *responseError) Error() string { return e.message }

// Is reports whether the error is errNotFound.
func (e *responseError) Is(target error) bool {
	return target == errNotFound && e.status == http.StatusNotFound
}

// ready returns an error unless the process listens on all ports of the daemon itself and answers its probe.
func (d daemon) ready(ctx context.Context, running process, ports map[string]int) error {
	for _, name := range d.ports {
		if !running.listensOn(ports[name]) {
			return fmt.Errorf("it does not listen on port %d (%s)", ports[name], name)
		}
	}
	if d.probe == "" {
		return nil
	}
	return get(ctx, d.client, d.probe, "")
}
