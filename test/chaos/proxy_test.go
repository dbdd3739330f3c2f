// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/client-go/rest"
)

// through gives a configuration that leads to the API server by way of a proxy, which tells of each request before it
// reaches the API server and after it was answered. Whoever hears of it may kill the client, and says so: the request,
// or the answer, is then lost. A lag, if there is one, is waited for before each piece of news that a watch brings of a
// path.
func through(cfg *rest.Config, killed func(at moment, about string) bool, lag func(path string)) *rest.Config {
	GinkgoHelper()
	target, err := url.Parse(cfg.Host)
	Expect(err).NotTo(HaveOccurred())
	authorities := x509.NewCertPool()
	Expect(authorities.AppendCertsFromPEM(cfg.CAData)).To(BeTrue())
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) },
		Transport: &http.Transport{
			TLSClientConfig:   &tls.Config{RootCAs: authorities, MinVersion: tls.VersionTLS12},
			ForceAttemptHTTP2: true,
		},
		FlushInterval: -1, // watches are answered bit by bit
		ModifyResponse: func(r *http.Response) error {
			if isWrite(r.Request) {
				killed(afterWrite, about(r.Request))
			}
			if lag != nil && r.Request.URL.Query().Get("watch") != "" {
				r.Body = lagging{ReadCloser: r.Body, lag: func() { lag(r.Request.URL.Path) }}
			}
			return nil
		},
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) },
		ErrorLog:     log.New(io.Discard, "", 0), // a client that dies in the middle of an answer is what this is for
	}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !killed(request, about(r)) && (!isWrite(r) || !killed(beforeWrite, about(r))) {
			proxy.ServeHTTP(w, r)
		}
	}))
	server.EnableHTTP2 = true
	server.Config.ErrorLog = proxy.ErrorLog
	server.StartTLS()
	DeferCleanup(server.Close)

	out := rest.CopyConfig(cfg)
	out.Host = server.URL
	out.CAData = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	return out
}

// lagging is the body of an answer that comes late, bit by bit.
type lagging struct {
	io.ReadCloser

	lag func()
}

// Read implements io.Reader.
func (l lagging) Read(p []byte) (int, error) {
	n, err := l.ReadCloser.Read(p)
	l.lag()
	return n, err
}

func about(r *http.Request) string { return r.Method + " " + r.URL.Path }

// isWrite tells whether a request is to change what is stored, but for leases and events, which nothing depends on.
func isWrite(r *http.Request) bool {
	switch r.Method {
	case http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete:
	default:
		return false
	}
	return !strings.HasSuffix(r.URL.Path, "reviews") && !strings.Contains(r.URL.Path, "/leases") &&
		!strings.Contains(r.URL.Path, "/events")
}
