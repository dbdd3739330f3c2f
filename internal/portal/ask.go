// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package portal

import (
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/usher-operator/usher/internal/question"
	"github.com/usher-operator/usher/internal/question/store"
)

// maxQuestionBody bounds a form with a question, in bytes: the longest text with every byte escaped, and room for one that is
// too long to be told so.
const maxQuestionBody = 128 << 10

// counterPrefix begins the paths of the customers' pages.
const counterPrefix = "/w/"

// counters shows the pages on which customers ask.
type counters struct {
	*handler
	questions Questions
	limit     func(*http.Request) bool
}

// addCounters adds the customers' pages.
func (h *handler) addCounters(mux *http.ServeMux, opts Options) {
	if opts.Questions == nil {
		return
	}
	c := &counters{handler: h, questions: opts.Questions, limit: limitQuestions(opts)}
	mux.HandleFunc("GET /static/{file}", h.serveAccent)
	mux.HandleFunc("GET /w/{organization}/{workspace}", c.open)
	mux.HandleFunc("POST /w/{organization}/{workspace}", c.ask)
	mux.HandleFunc("GET /w/{organization}/{workspace}/done", c.sent)
	mux.HandleFunc("GET /q/{token}", c.question)
	mux.HandleFunc("POST /q/{token}", c.confirm)
	mux.HandleFunc("GET /q/{token}/done", c.question)
	mux.HandleFunc("GET /a/{token}", c.list)
	for _, path := range []string{"/w/{organization}/{workspace}", "/q/{token}"} {
		mux.HandleFunc(path, h.refuseMethod("GET, HEAD, POST"))
		mux.HandleFunc(path+"/done", h.refuseMethod("GET, HEAD"))
	}
	mux.HandleFunc("/a/{token}", h.refuseMethod("GET, HEAD"))
}

// limitQuestions tells whether one more question of a client's network is within the limit.
func limitQuestions(opts Options) func(*http.Request) bool {
	if opts.QuestionsPerHour < 0 {
		return func(*http.Request) bool { return true }
	}
	hourly := opts.QuestionsPerHour
	if hourly == 0 {
		hourly = defaultQuestionsPerHour
	}
	limit := newLimiter(hourly/time.Hour.Seconds(), max(int(hourly), 1))
	limit.networkOf = wideNetworkOf
	return func(r *http.Request) bool { return limit.allow(clientAddress(r, opts.TrustedProxies), time.Now()) }
}

// open shows a workspace's page.
func (c *counters) open(w http.ResponseWriter, r *http.Request) {
	if counter, ok := c.find(w, r); ok {
		p := newCounterPage(r, screenAsk, counter)
		p.Ask = newAskForm()
		c.note(r, p.write(w, screenAsk, screenAsk.status))
	}
}

// find gives the page of the request's path, and answers when there is none.
func (c *counters) find(w http.ResponseWriter, r *http.Request) (*Counter, bool) {
	counter, err := c.questions.Counter(r.Context(), r.PathValue("organization"), r.PathValue("workspace"))
	if err != nil {
		c.fail(w, r, err)
		return nil, false
	}
	return counter, true
}

// fail shows what an error means to the person.
func (c *counters) fail(w http.ResponseWriter, r *http.Request, err error) {
	c.note(r, err)
	switch {
	case errors.Is(err, ErrUnknown):
		c.show(w, r, screenUnknown, nil)
	case errors.Is(err, ErrExpired):
		c.show(w, r, screenQuestionGone, nil)
	default:
		c.show(w, r, screenTrouble, nil)
	}
}

// ask takes a question.
func (c *counters) ask(w http.ResponseWriter, r *http.Request) {
	if !c.parse(w, r) {
		return
	}
	counter, ok := c.find(w, r)
	if !ok {
		return
	}
	p := newCounterPage(r, screenAsk, counter)
	p.Ask = readAskForm(r.PostForm, counter.Own)
	if len(p.Ask.Errors) > 0 {
		c.note(r, p.write(w, screenAsk, http.StatusUnprocessableEntity))
		return
	}
	if !c.limit(r) {
		store.CountLimited(question.LimitNetwork)
		c.refuse(w, r, counter, question.LimitNetwork)
		return
	}
	err := c.questions.Ask(r.Context(), r.PathValue("organization"), r.PathValue("workspace"), p.Ask.ask(p.Lang()))
	var reached *store.LimitError
	switch {
	case errors.As(err, &reached):
		c.refuse(w, r, counter, reached.Limit)
	case err != nil:
		c.fail(w, r, err)
	default:
		redirect(w, r, p.Path+"/done"+p.Query())
	}
}

// refuse tells which limit is reached, and what to do.
func (c *counters) refuse(w http.ResponseWriter, r *http.Request, counter *Counter, limit question.Limit) {
	s, ok := limitScreens[limit]
	if !ok {
		s = screenBusy
	}
	w.Header().Set("Retry-After", "3600")
	c.note(r, newCounterPage(r, s, counter).write(w, s, s.status))
}

// sent asks to look for the confirmation's mail.
func (c *counters) sent(w http.ResponseWriter, r *http.Request) {
	if counter, ok := c.find(w, r); ok {
		c.note(r, newCounterPage(r, screenQuestionSent, counter).write(w, screenQuestionSent, screenQuestionSent.status))
	}
}

// question shows what was asked and asks for the confirmation, or shows that it was given.
func (c *counters) question(w http.ResponseWriter, r *http.Request) {
	token, ok := c.token(w, r)
	if !ok {
		return
	}
	counter, asked, err := c.questions.Question(r.Context(), token)
	if err != nil {
		c.fail(w, r, err)
		return
	}
	s := screenReceived
	if asked.State == question.Waiting {
		s = screenQuestion
	}
	p := newCounterPage(r, s, counter)
	p.know(asked)
	c.note(r, p.write(w, s, s.status))
}

func (c *counters) token(w http.ResponseWriter, r *http.Request) (string, bool) {
	token := r.PathValue("token")
	if len(token) > maxToken {
		c.show(w, r, screenUnknown, nil)
		return "", false
	}
	return token, true
}

// confirm takes the button of the confirmation's page.
func (c *counters) confirm(w http.ResponseWriter, r *http.Request) {
	token, ok := c.token(w, r)
	if !ok || !c.parse(w, r) {
		return
	}
	counter, _, err := c.questions.Confirm(r.Context(), token)
	if err != nil {
		c.fail(w, r, err)
		return
	}
	p := newCounterPage(r, screenReceived, counter)
	redirect(w, r, p.Path+"/done"+p.Query())
}

// list shows an asker's questions.
func (c *counters) list(w http.ResponseWriter, r *http.Request) {
	token, ok := c.token(w, r)
	if !ok {
		return
	}
	counter, asked, err := c.questions.OfAsker(r.Context(), token)
	if err != nil {
		c.fail(w, r, err)
		return
	}
	p := newCounterPage(r, screenQuestions, counter)
	p.Questions = asked
	c.note(r, p.write(w, screenQuestions, screenQuestions.status))
}

// counterPath is the path of a workspace's page; empty for other requests.
func counterPath(r *http.Request) string {
	organization, workspace := r.PathValue("organization"), r.PathValue("workspace")
	if organization == "" || workspace == "" {
		return ""
	}
	return counterPrefix + url.PathEscape(organization) + "/" + url.PathEscape(workspace)
}
