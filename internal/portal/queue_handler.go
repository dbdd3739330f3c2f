// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package portal

import (
	"errors"
	"net/http"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/locale"
)

// queueHandler serves the page on which the owner of a queue's address agrees or declines.
type queueHandler struct {
	*handler
	queues Queues
}

// addQueuePages adds the page, unless the portal has none.
func (h *handler) addQueuePages(mux *http.ServeMux, opts Options) {
	if opts.Queues == nil {
		return
	}
	q := &queueHandler{handler: h, queues: opts.Queues}
	mux.HandleFunc("GET /d/{token}", q.open)
	mux.HandleFunc("POST /d/{token}", q.answer)
	mux.HandleFunc("/d/{token}", h.refuseMethod("GET, HEAD, POST"))
}

// open shows the request. It changes nothing, so mail scanners and previews do no harm.
func (h *queueHandler) open(w http.ResponseWriter, r *http.Request) {
	if token := r.PathValue("token"); len(token) <= maxToken {
		request, err := h.queues.Open(r.Context(), token)
		h.showRequest(w, r, request, err)
		return
	}
	h.show(w, r, screenUnknown, nil)
}

// answer handles the form of the page. Going back and sending it again leads to the first answer.
func (h *queueHandler) answer(w http.ResponseWriter, r *http.Request) {
	token := r.PathValue("token")
	if len(token) > maxToken {
		h.show(w, r, screenUnknown, nil)
		return
	}
	if !h.parseForm(w, r) {
		return
	}
	action := r.PostForm.Get("action")
	if action != "confirm" && action != "decline" {
		h.show(w, r, screenBad, nil)
		return
	}
	request, err := h.queues.Answer(r.Context(), token, action == "confirm")
	if err != nil {
		h.showRequest(w, r, nil, err)
		return
	}
	p := newQueuePage(r, screenQueue, request)
	redirect(w, r, p.Path+p.Query())
}

func (h *queueHandler) showRequest(w http.ResponseWriter, r *http.Request, request *QueueRequest, err error) {
	h.logError(r, err)
	switch {
	case errors.Is(err, ErrUnknown):
		h.show(w, r, screenUnknown, nil)
	case errors.Is(err, ErrRevoked):
		h.show(w, r, screenQueueGone, nil)
	case errors.Is(err, ErrPaused):
		h.show(w, r, screenPaused, nil)
	case err != nil:
		h.show(w, r, screenTrouble, nil)
	default:
		s := screenForQueue(request.State)
		h.logError(r, newQueuePage(r, s, request).write(w, s, s.status))
	}
}

func screenForQueue(state v1alpha1.QueueState) screen {
	switch state {
	case v1alpha1.QueueRequested:
		return screenQueue
	case v1alpha1.QueueDeclined:
		return screenQueueDeclined
	default:
		return screenQueueConfirmed
	}
}

func newQueuePage(r *http.Request, s screen, request *QueueRequest) *page {
	p := newPage(r, s.name, &Link{
		Organization: request.Organization, Branding: request.Branding, Language: request.Language, Email: request.Address,
	})
	p.Link = nil
	p.values["workspace"] = locale.OneLine(request.Workspace)
	return p
}
