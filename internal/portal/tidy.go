// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package portal

import (
	"net/http"
	"net/url"
	"strings"
)

// clutter is what sentences, brackets and mail programs leave at the end of a link. No path of a page ends in any of it; a token may
// end in a hyphen or an underscore.
const clutter = "/.,;:!?)]}>'\"* \u00a0\u00bb\u2019\u201d\u2026"

// linked are the beginnings of the paths that are linked to from outside the portal.
var linked = []string{"/i/", "/c/", "/q/", "/a/", "/e/", "/d/", "/p/", contactPagePrefix}

// tidyLinks redirects from the path of a page with clutter at its end to the page. Only reading requests are redirected: forms are sent
// from the page itself, and its path is tidy.
func tidyLinks(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		tidy := tidied(r.URL.Path)
		if tidy == r.URL.Path || r.Method != http.MethodGet && r.Method != http.MethodHead {
			next.ServeHTTP(w, r)
			return
		}
		to := url.URL{Path: tidy, RawQuery: r.URL.RawQuery}
		redirect(w, r, to.EscapedPath()+querySuffix(to.RawQuery))
	})
}

func querySuffix(raw string) string {
	if raw == "" {
		return ""
	}
	return "?" + raw
}

// tidied returns the path of a page without what is cluttered at its end, and every other path unchanged. The page after a form, which no
// mail links to, is another path.
func tidied(path string) string {
	for _, prefix := range linked {
		rest, is := strings.CutPrefix(path, prefix)
		if !is {
			continue
		}
		trimmed := strings.TrimRight(rest, clutter)
		if trimmed != "" && !strings.HasPrefix(trimmed, "/") && !strings.HasSuffix(trimmed, "/done") {
			return prefix + trimmed
		}
	}
	return path
}
