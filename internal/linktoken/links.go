// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package linktoken

import (
	"strings"

	"k8s.io/apimachinery/pkg/types"
)

// paths are the paths of the portal's pages, each followed by a token.
var paths = map[Purpose]string{
	PurposeInvite:   "/i/",
	PurposeConfirm:  "/c/",
	PurposeQuestion: "/q/",
	PurposeAsker:    "/a/",
	PurposeQueue:    "/d/",
	PurposeAddress:  "/e/",
	PurposePassword: "/p/",
}

// Links creates the links in mails.
type Links struct {
	keys      *KeyRing
	portalURL string
}

// NewLinks returns Links to the portal at a URL.
func NewLinks(keys *KeyRing, portalURL string) Links {
	return Links{keys: keys, portalURL: strings.TrimRight(portalURL, "/")}
}

// URL returns the link for a purpose and an address. UID is that of the object that the link is about; sendCount
// distinguishes the newest link from older ones.
func (l Links) URL(purpose Purpose, uid types.UID, email string, sendCount int32) (string, error) {
	token, err := l.keys.Sign(purpose, uid, email, sendCount)
	return l.portalURL + paths[purpose] + token, err
}
