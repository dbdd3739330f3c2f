// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package portal

import (
	"mime"
	"net/http"

	"github.com/usher-operator/usher/internal/kubeconfig"
)

const (
	// kubeconfigPath is what follows the path of a link, for the kubeconfig of the person whom it has welcomed.
	kubeconfigPath = "/kubeconfig"
	// oidcLogin is the login of the kubeconfig for kubectl oidc-login.
	oidcLogin = "oidc-login"
)

// kubeconfig sends a kubeconfig to a person who has access. Whoever else has the link gets the page that it leads to.
func (h *handler) kubeconfig(purpose Purpose) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		link, err := h.find(r, purpose)
		s := screenAfterStep(purpose, link, err)
		if s == screenWelcome && link.Kubeconfigs.Filename != "" {
			sendKubeconfig(w, r, link.Kubeconfigs)
			return
		}
		if link == nil || err != nil {
			h.show(w, r, s, link)
			return
		}
		p := newPage(r, s.name, link)
		redirect(w, r, p.Path+"/done"+p.Query())
	}
}

// ownKubeconfig sends a kubeconfig to a person on their own page (SIG-5).
func (h *handler) ownKubeconfig(w http.ResponseWriter, r *http.Request) {
	_, account, ok := h.account(w, r)
	switch {
	case !ok:
	case account.Link.Kubeconfigs.Filename == "":
		h.show(w, r, screenUnknown, nil)
	default:
		sendKubeconfig(w, r, account.Link.Kubeconfigs)
	}
}

func sendKubeconfig(w http.ResponseWriter, r *http.Request, k kubeconfig.Issued) {
	content := k.Usher
	if r.URL.Query().Get("login") == oidcLogin {
		content = k.OIDCLogin
	}
	w.Header().Set("Content-Type", kubeconfig.ContentType)
	w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": k.Filename}))
	_, _ = w.Write(content) // the browser has gone away
}
