// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package portal

import (
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"net/http"
)

var (
	//go:embed static/style.css
	styleSheet []byte
	//go:embed static/icon.svg
	iconImage []byte

	//go:embed static/password.js
	passwordScript []byte

	style = newAsset("/static/style.css", "text/css; charset=utf-8", styleSheet)
	icon  = newAsset("/static/icon.svg", "image/svg+xml", iconImage)
	// reveal shows and hides a password. Without it, the password stays hidden.
	reveal = newAsset("/static/password.js", "text/javascript; charset=utf-8", passwordScript)
)

// asset is a static file that pages use.
type asset struct {
	path, mediaType, version string
	content                  []byte
}

func newAsset(path, mediaType string, content []byte) asset {
	sum := sha256.Sum256(content)
	return asset{path: path, mediaType: mediaType, version: hex.EncodeToString(sum[:6]), content: content}
}

// url returns the file's URL. It changes with the content, so the file can be cached permanently.
func (a asset) url() string { return a.path + "?v=" + a.version }

// ServeHTTP serves the file.
func (a asset) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", a.mediaType)
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	_, _ = w.Write(a.content)
}
