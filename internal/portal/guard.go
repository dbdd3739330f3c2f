// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package portal

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"
)

const (
	// maxBody is the maximum size of a form, in bytes. The largest legitimate form is well below.
	maxBody = 16 << 10

	contentSecurityPolicy = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; " +
		"frame-ancestors 'none'; base-uri 'none'"
	// contentSecurityPolicyWithLogo is for a page with an organization's logo, which is part of the page: the portal has no path
	// that would tell which organizations there are.
	contentSecurityPolicyWithLogo = "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; " +
		"frame-ancestors 'none'; base-uri 'none'"
	// allowScript is added for a page with a password, which can be shown and hidden.
	allowScript     = "; script-src 'self'"
	strictTransport = "max-age=31536000"
)

// guard wraps the pages with everything that protects them and their visitors.
func (h *handler) guard(next http.Handler, opts Options) http.Handler {
	site := siteURL(opts.URL)
	origins := http.NewCrossOriginProtection()
	origins.SetDenyHandler(h.notice(screenRefused))
	if site != nil {
		// The origin of a parsed URL is well-formed, so there is no error.
		_ = origins.AddTrustedOrigin(site.Scheme + "://" + site.Host)
	}
	next = limitBody(origins.Handler(next))
	next = h.limitRate(next, opts)
	next = setHeaders(next, site != nil && site.Scheme == "https")
	return h.logRequests(next)
}

// siteURL returns the portal's own URL, or nil if it is not a URL.
func siteURL(raw string) *url.URL {
	site, err := url.Parse(raw)
	if err != nil || site.Host == "" || (site.Scheme != "https" && site.Scheme != "http") {
		return nil
	}
	return site
}

func setHeaders(next http.Handler, https bool) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("Content-Security-Policy", contentSecurityPolicy)
		header.Set("Referrer-Policy", "no-referrer")
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("X-Robots-Tag", "noindex, nofollow")
		header.Set("Cross-Origin-Opener-Policy", "same-origin")
		header.Set("Cross-Origin-Resource-Policy", "same-origin")
		header.Set("Cache-Control", "no-store")
		if https {
			header.Set("Strict-Transport-Security", strictTransport)
		}
		next.ServeHTTP(w, r)
	})
}

func limitBody(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		most := int64(maxBody)
		if strings.HasPrefix(r.URL.Path, contactPagePrefix) {
			most = maxQuestionBody
		}
		r.Body = http.MaxBytesReader(w, r.Body, most)
		next.ServeHTTP(w, r)
	})
}

// limitRate refuses requests of a client that sends too many. It does not count the health check, which must not fail under
// load, and the files that the refusal needs to be readable.
func (h *handler) limitRate(next http.Handler, opts Options) http.Handler {
	limit := liveLimiter{rate: opts.RequestsPerSecond, build: func(rate float64) *limiter { return newLimiter(rate, opts.Burst) }}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		counts := r.URL.Path != "/healthz" && r.URL.Path != style.path && r.URL.Path != icon.path && r.URL.Path != reveal.path &&
			!strings.HasPrefix(r.URL.Path, accentPath)
		if counts && !limit.allow(clientAddress(r, opts.TrustedProxies), time.Now()) {
			h.show(w, r, screenBusy, nil)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// clientAddress returns the client's address: the connection's or, behind trusted proxies, the last address before them.
func clientAddress(r *http.Request, trusted []netip.Prefix) netip.Addr {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	client, err := netip.ParseAddr(host)
	if err != nil {
		return netip.Addr{}
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0 && contains(trusted, client); i-- {
		hop, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			break
		}
		client = hop
	}
	return client.Unmap()
}

func contains(networks []netip.Prefix, address netip.Addr) bool {
	for _, network := range networks {
		if network.Contains(address.Unmap()) {
			return true
		}
	}
	return false
}

// logRequests logs the route, not the path, which contains the token.
func (h *handler) logRequests(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		log := h.log.V(1)
		if !log.Enabled() {
			next.ServeHTTP(w, r)
			return
		}
		began := time.Now()
		recorder := &statusRecorder{ResponseWriter: w, status: http.StatusOK}
		next.ServeHTTP(recorder, r)
		log.Info("Request", "method", r.Method, "route", r.Pattern, "status", recorder.status, "duration", time.Since(began))
	})
}

// statusRecorder records the status of a response.
type statusRecorder struct {
	http.ResponseWriter

	status int
}

// WriteHeader records the status and sends it.
func (s *statusRecorder) WriteHeader(status int) {
	s.status = status
	s.ResponseWriter.WriteHeader(status)
}

// Unwrap lets http.ResponseController reach the connection.
func (s *statusRecorder) Unwrap() http.ResponseWriter { return s.ResponseWriter }
