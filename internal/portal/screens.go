// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package portal

import (
	"errors"
	"net/http"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/linktoken"
	"github.com/usher-operator/usher/internal/question"
)

// screen is one of the portal's pages.
type screen struct {
	// name is the notice's name in the catalogue, or what the page is.
	name string
	// template is the file that shows it.
	template string
	// status is the HTTP status that goes with it.
	status int
}

var (
	screenInvite  = screen{"invite", "invite", http.StatusOK}
	screenConfirm = screen{"confirm", "confirm", http.StatusOK}
	screenWelcome = screen{"welcome", "welcome", http.StatusOK}

	screenAsk       = screen{"ask", "ask", http.StatusOK}
	screenQuestion  = screen{"question", "question", http.StatusOK}
	screenReceived  = screen{"received", "received", http.StatusOK}
	screenQuestions = screen{"questions", "questions", http.StatusOK}

	screenQuestionSent = screen{"questionSent", "notice", http.StatusOK}
	screenQuestionGone = screen{"questionGone", "notice", http.StatusGone}

	screenHome      = screen{"home", "notice", http.StatusOK}
	screenCheckMail = screen{"checkMail", "notice", http.StatusOK}
	screenUsed      = screen{"used", "notice", http.StatusOK}
	screenDeclined  = screen{"declined", "notice", http.StatusOK}
	screenExpired   = screen{"expired", "notice", http.StatusGone}
	screenRevoked   = screen{"revoked", "notice", http.StatusGone}
	screenUnreached = screen{"unreached", "notice", http.StatusGone}
	screenUnknown   = screen{"unknown", "notice", http.StatusNotFound}
	screenBusy      = screen{"busy", "notice", http.StatusTooManyRequests}
	screenRefused   = screen{"refused", "notice", http.StatusForbidden}
	screenBad       = screen{"bad", "notice", http.StatusBadRequest}
	screenMethod    = screen{"bad", "notice", http.StatusMethodNotAllowed}
	screenTooLarge  = screen{"bad", "notice", http.StatusRequestEntityTooLarge}
	screenTrouble   = screen{"trouble", "notice", http.StatusServiceUnavailable}
)

// limitScreens are the pages that tell which limit of questions is reached.
var limitScreens = map[question.Limit]screen{
	question.LimitAddress:   {"limitAddress", "notice", http.StatusTooManyRequests},
	question.LimitDay:       {"limitDay", "notice", http.StatusTooManyRequests},
	question.LimitNetwork:   {"limitNetwork", "notice", http.StatusTooManyRequests},
	question.LimitWorkspace: {"limitWorkspace", "notice", http.StatusTooManyRequests},
}

// outcome is the page for what a Links has answered.
func outcome(purpose Purpose, link *Link, err error) screen {
	switch {
	case errors.Is(err, ErrUnknown):
		return screenUnknown
	case errors.Is(err, ErrExpired):
		return screenExpired
	case errors.Is(err, ErrRevoked):
		return screenRevoked
	case errors.Is(err, ErrDeclined):
		return screenDeclined
	case errors.Is(err, ErrUsed):
		if purpose == linktoken.PurposeInvite && link != nil && link.State == v1alpha1.RecipientRegistered {
			return screenCheckMail
		}
		return screenUsed
	case err != nil || link == nil:
		return screenTrouble
	}
	return standing(purpose, link.State)
}

// standing is the page for where a person stands; a link that fits no step is as good as unknown.
func standing(purpose Purpose, state v1alpha1.RecipientState) screen {
	invite := purpose == linktoken.PurposeInvite
	switch state {
	case v1alpha1.RecipientInvited:
		if invite {
			return screenInvite
		}
	case v1alpha1.RecipientRegistered:
		if invite {
			return screenCheckMail
		}
		return screenConfirm
	case v1alpha1.RecipientActive:
		return screenUsed
	case v1alpha1.RecipientDeclined:
		return screenDeclined
	case v1alpha1.RecipientExpired:
		return screenExpired
	case v1alpha1.RecipientUndeliverable:
		return screenUnreached
	case v1alpha1.RecipientRevoked, v1alpha1.RecipientPending: // taken back, and named again since
		return screenRevoked
	}
	return screenUnknown
}

// done is the page after a step: the welcome for those who have arrived, else where the person stands.
func done(purpose Purpose, link *Link, err error) screen {
	if (err == nil || errors.Is(err, ErrUsed)) && link != nil && link.State == v1alpha1.RecipientActive {
		return screenWelcome
	}
	return outcome(purpose, link, err)
}
