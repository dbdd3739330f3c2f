// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package portal

import (
	"errors"
	"net/http"
	"net/netip"
	"net/url"

	"github.com/usher-operator/usher/internal/question"
	"github.com/usher-operator/usher/internal/question/store"
)

// maxQuestionBody is the maximum size of a form with a question, in bytes: the longest text with every byte escaped, and some
// more, so that a text that is a little too long gets an answer that says so.
const maxQuestionBody = 128 << 10

// contactPagePrefix starts the path of every contact page.
const contactPagePrefix = "/w/"

// questionHandler serves the pages on which customers ask questions and see what became of them.
type questionHandler struct {
	*handler
	questions Questions
	// allow counts a question and reports whether it is within the limit of the client's network.
	allow func(*http.Request) bool
	// trustedProxies are those of the options.
	trustedProxies []netip.Prefix
}

// addQuestionPages adds the customers' pages, unless the portal has none.
func (h *handler) addQuestionPages(mux *http.ServeMux, opts Options) {
	if opts.Questions == nil {
		return
	}
	q := &questionHandler{handler: h, questions: opts.Questions, allow: newQuestionLimit(opts), trustedProxies: opts.TrustedProxies}
	mux.HandleFunc("GET /w/{organization}/{workspace}", q.open)
	mux.HandleFunc("POST /w/{organization}/{workspace}", q.ask)
	mux.HandleFunc("GET /w/{organization}/{workspace}/done", q.sent)
	mux.HandleFunc("GET /q/{token}", q.question)
	mux.HandleFunc("POST /q/{token}", q.confirm)
	mux.HandleFunc("GET /q/{token}/done", q.question)
	mux.HandleFunc("GET /a/{token}", q.list)
	for _, path := range []string{"/w/{organization}/{workspace}", "/q/{token}"} {
		mux.HandleFunc(path, h.refuseMethod("GET, HEAD, POST"))
		mux.HandleFunc(path+"/done", h.refuseMethod("GET, HEAD"))
	}
	mux.HandleFunc("/a/{token}", h.refuseMethod("GET, HEAD"))
}

// open shows a workspace's contact page.
func (h *questionHandler) open(w http.ResponseWriter, r *http.Request) {
	if contactPage, ok := h.openContactPage(w, r); ok {
		p := newContactPage(r, screenAsk, contactPage)
		p.QuestionForm = newQuestionForm()
		h.logError(r, p.write(w, screenAsk, screenAsk.status))
	}
}

// contactPage returns the contact page of the request's path. It answers the request if there is none.
func (h *questionHandler) contactPage(w http.ResponseWriter, r *http.Request) (*ContactPage, bool) {
	contactPage, err := h.questions.ContactPage(r.Context(), r.PathValue("organization"), r.PathValue("workspace"))
	if err != nil {
		h.showError(w, r, err)
		return nil, false
	}
	return contactPage, true
}

// openContactPage returns the contact page if questions can be asked on it. It answers the request if not.
func (h *questionHandler) openContactPage(w http.ResponseWriter, r *http.Request) (*ContactPage, bool) {
	contactPage, ok := h.contactPage(w, r)
	if ok && contactPage.Closed {
		h.showClosed(w, r, contactPage)
		return nil, false
	}
	return contactPage, ok
}

// showClosed says that nothing can be asked yet.
func (h *questionHandler) showClosed(w http.ResponseWriter, r *http.Request, contactPage *ContactPage) {
	w.Header().Set("Retry-After", "3600")
	h.logError(r, newContactPage(r, screenDeskClosed, contactPage).write(w, screenDeskClosed, screenDeskClosed.status))
}

// showError shows the page for an error.
func (h *questionHandler) showError(w http.ResponseWriter, r *http.Request, err error) {
	h.logError(r, err)
	switch {
	case errors.Is(err, ErrUnknown):
		h.show(w, r, screenUnknown, nil)
	case errors.Is(err, ErrPaused):
		h.show(w, r, screenPaused, nil)
	case errors.Is(err, ErrExpired):
		h.show(w, r, screenQuestionGone, nil)
	default:
		h.show(w, r, screenTrouble, nil)
	}
}

// ask accepts a question.
func (h *questionHandler) ask(w http.ResponseWriter, r *http.Request) {
	if !h.parseForm(w, r) {
		return
	}
	contactPage, ok := h.openContactPage(w, r)
	if !ok {
		return
	}
	p := newContactPage(r, screenAsk, contactPage)
	p.QuestionForm = readQuestionForm(r.PostForm, contactPage.OwnAddresses)
	if len(p.QuestionForm.Errors) > 0 {
		h.logError(r, p.write(w, screenAsk, http.StatusUnprocessableEntity))
		return
	}
	if !h.allow(r) {
		store.CountLimited(question.LimitNetwork)
		h.showLimit(w, r, contactPage, question.LimitNetwork)
		return
	}
	submission := p.QuestionForm.submission(p.Lang(), wideNetworkOf(clientAddress(r, h.trustedProxies)).String())
	err := h.questions.Ask(r.Context(), r.PathValue("organization"), r.PathValue("workspace"), submission)
	var reached *store.LimitError
	switch {
	case errors.As(err, &reached):
		h.showLimit(w, r, contactPage, reached.Limit)
	case errors.Is(err, ErrClosed):
		h.showClosed(w, r, contactPage)
	case err != nil:
		h.showError(w, r, err)
	default:
		redirect(w, r, p.Path+"/done"+p.Query())
	}
}

// showLimit shows which limit is reached and what the person can do.
func (h *questionHandler) showLimit(w http.ResponseWriter, r *http.Request, contactPage *ContactPage, limit question.Limit) {
	s, ok := limitScreens[limit]
	if !ok {
		s = screenBusy
	}
	w.Header().Set("Retry-After", "3600")
	h.logError(r, newContactPage(r, s, contactPage).write(w, s, s.status))
}

// sent asks the person to look for the confirmation mail.
func (h *questionHandler) sent(w http.ResponseWriter, r *http.Request) {
	if contactPage, ok := h.contactPage(w, r); ok {
		h.logError(r, newContactPage(r, screenQuestionSent, contactPage).write(w, screenQuestionSent, screenQuestionSent.status))
	}
}

// question shows a question with the button that confirms it, or shows that it is confirmed.
func (h *questionHandler) question(w http.ResponseWriter, r *http.Request) {
	token, ok := h.token(w, r)
	if !ok {
		return
	}
	contactPage, asked, err := h.questions.Question(r.Context(), token)
	if err != nil {
		h.showError(w, r, err)
		return
	}
	s := screenReceived
	if asked.State == question.Waiting {
		s = screenQuestion
	}
	p := newContactPage(r, s, contactPage)
	p.showQuestion(asked)
	h.logError(r, p.write(w, s, s.status))
}

// token returns the token of the request's path. It answers the request if the token cannot be one.
func (h *questionHandler) token(w http.ResponseWriter, r *http.Request) (string, bool) {
	token := r.PathValue("token")
	if len(token) > maxToken {
		h.show(w, r, screenUnknown, nil)
		return "", false
	}
	return token, true
}

// confirm confirms the asker's address: the button on the question's page.
func (h *questionHandler) confirm(w http.ResponseWriter, r *http.Request) {
	token, ok := h.token(w, r)
	if !ok || !h.parseForm(w, r) {
		return
	}
	contactPage, _, err := h.questions.Confirm(r.Context(), token)
	if err != nil {
		h.showError(w, r, err)
		return
	}
	p := newContactPage(r, screenReceived, contactPage)
	redirect(w, r, p.Path+"/done"+p.Query())
}

// list shows an asker's questions.
func (h *questionHandler) list(w http.ResponseWriter, r *http.Request) {
	token, ok := h.token(w, r)
	if !ok {
		return
	}
	contactPage, asked, err := h.questions.ByAsker(r.Context(), token)
	if err != nil {
		h.showError(w, r, err)
		return
	}
	p := newContactPage(r, screenQuestions, contactPage)
	p.Questions = asked
	h.logError(r, p.write(w, screenQuestions, screenQuestions.status))
}

// contactPagePath returns the path of the contact page that a request is for, or "" for other requests.
func contactPagePath(r *http.Request) string {
	organization, workspace := r.PathValue("organization"), r.PathValue("workspace")
	if organization == "" || workspace == "" {
		return ""
	}
	return contactPageURL(organization, workspace)
}

// contactPageURL returns the path of a workspace's contact page.
func contactPageURL(organization, workspace string) string {
	return contactPagePrefix + url.PathEscape(organization) + "/" + url.PathEscape(workspace)
}
