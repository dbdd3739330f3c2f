// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package portal

import (
	"net/http"
	"net/netip"
	"strings"
)

// directoryPrefix begins the paths of organizations' directories.
const directoryPrefix = "/scim/v2/"

// besideDirectories has another handler serve the directories of organizations, past what protects pages and their visitors: directories
// send more than people do, larger bodies, and no forms. They have limits of their own.
func besideDirectories(pages, directories http.Handler, https bool) http.Handler {
	if directories == nil {
		return pages
	}
	directories = setHeaders(directories, https)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, directoryPrefix) {
			directories.ServeHTTP(w, r)
			return
		}
		pages.ServeHTTP(w, r)
	})
}

// ClientNetwork returns a function that returns the network within which a client can easily change its address.
func ClientNetwork(trusted []netip.Prefix) func(*http.Request) string {
	return func(r *http.Request) string { return networkOf(clientAddress(r, trusted)).String() }
}
