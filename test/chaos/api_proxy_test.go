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

// throughProxy returns a configuration that reaches the API server through a proxy. The proxy calls reached for each request
// before it reaches the API server and after it was answered. If reached returns true, it has killed the client, and the
// request or the answer is lost. If delay is not nil, the proxy calls it with the path of a watch before it delivers each
// chunk of events, which wait until delay returns.
func throughProxy(cfg *rest.Config, reached func(at faultPoint, about string) bool, delay func(path string)) *rest.Config {
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
		FlushInterval: -1, // watch events must be delivered at once
		ModifyResponse: func(r *http.Response) error {
			if isWrite(r.Request) {
				reached(afterWrite, about(r.Request))
			}
			if delay != nil && r.Request.URL.Query().Get("watch") != "" {
				r.Body = delayedBody{ReadCloser: r.Body, delay: func() { delay(r.Request.URL.Path) }}
			}
			return nil
		},
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) },
		ErrorLog:     log.New(io.Discard, "", 0), // clients that end in the middle of an answer are expected
	}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !reached(request, about(r)) && (!isWrite(r) || !reached(beforeWrite, about(r))) {
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

// delayedBody is the body of an answer of which each chunk is delayed.
type delayedBody struct {
	io.ReadCloser

	delay func()
}

// Read implements io.Reader.
func (b delayedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.delay()
	return n, err
}

func about(r *http.Request) string { return r.Method + " " + r.URL.Path }

// isWrite reports whether a request changes stored objects other than leases and events, on which no spec depends.
func isWrite(r *http.Request) bool {
	switch r.Method {
	case http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete:
	default:
		return false
	}
	return !strings.HasSuffix(r.URL.Path, "reviews") && !strings.Contains(r.URL.Path, "/leases") &&
		!strings.Contains(r.URL.Path, "/events")
}
