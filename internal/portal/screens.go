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
	// name is the screen's name in the catalogue.
	name string
	// template is the name of its template.
	template string
	// status is its HTTP status.
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

	screenDeskClosed = screen{"deskClosed", "notice", http.StatusServiceUnavailable}

	screenQueue          = screen{"queue", "queue", http.StatusOK}
	screenQueueConfirmed = screen{"queueConfirmed", "notice", http.StatusOK}
	screenQueueDeclined  = screen{"queueDeclined", "notice", http.StatusOK}
	screenQueueGone      = screen{"queueGone", "notice", http.StatusGone}

	screenHome      = screen{"home", "notice", http.StatusOK}
	screenCheckMail = screen{"checkMail", "notice", http.StatusOK}
	screenUsed      = screen{"used", "notice", http.StatusOK}
	screenDeclined  = screen{"declined", "notice", http.StatusOK}
	screenExpired   = screen{"expired", "notice", http.StatusGone}
	screenRevoked   = screen{"revoked", "notice", http.StatusGone}
	screenReplaced  = screen{"replaced", "notice", http.StatusGone}
	screenUnreached = screen{"unreached", "notice", http.StatusGone}
	screenUnknown   = screen{"unknown", "notice", http.StatusNotFound}
	screenBusy      = screen{"busy", "notice", http.StatusTooManyRequests}
	screenRefused   = screen{"refused", "notice", http.StatusForbidden}
	screenBad       = screen{"bad", "notice", http.StatusBadRequest}
	screenMethod    = screen{"bad", "notice", http.StatusMethodNotAllowed}
	screenTooLarge  = screen{"bad", "notice", http.StatusRequestEntityTooLarge}
	screenPaused    = screen{"paused", "notice", http.StatusServiceUnavailable}
	screenTrouble   = screen{"trouble", "notice", http.StatusServiceUnavailable}
)

// limitScreens are the pages that say which limit of questions is reached.
var limitScreens = map[question.Limit]screen{
	question.LimitAddress:   {"limitAddress", "notice", http.StatusTooManyRequests},
	question.LimitDay:       {"limitDay", "notice", http.StatusTooManyRequests},
	question.LimitNetwork:   {"limitNetwork", "notice", http.StatusTooManyRequests},
	question.LimitWorkspace: {"limitWorkspace", "notice", http.StatusTooManyRequests},
}

// screenForLink returns the page for the answer of a Links.
func screenForLink(purpose Purpose, link *Link, err error) screen {
	switch {
	case errors.Is(err, ErrUnknown):
		return screenUnknown
	case errors.Is(err, ErrExpired):
		return screenExpired
	case errors.Is(err, ErrRevoked):
		return screenRevoked
	case errors.Is(err, ErrReplaced):
		return screenReplaced
	case errors.Is(err, ErrPaused):
		return screenPaused
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
	return screenForState(purpose, link.State)
}

// screenForState returns the page for a person's state. A link whose purpose does not fit the state counts as unknown.
func screenForState(purpose Purpose, state v1alpha1.RecipientState) screen {
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
	case v1alpha1.RecipientRevoked, v1alpha1.RecipientPending: // Pending: revoked, and listed again since
		return screenRevoked
	}
	return screenUnknown
}

// screenAfterStep returns the page after a step: the welcome page once the person is active, or else the page for their state.
func screenAfterStep(purpose Purpose, link *Link, err error) screen {
	if (err == nil || errors.Is(err, ErrUsed)) && link != nil && link.State == v1alpha1.RecipientActive {
		return screenWelcome
	}
	return screenForLink(purpose, link, err)
}
