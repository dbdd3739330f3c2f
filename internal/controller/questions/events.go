// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package questions

import (
	corev1 "k8s.io/api/core/v1"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/delivery/attempt"
	"github.com/usher-operator/usher/internal/question"
	"github.com/usher-operator/usher/internal/wording"
)

// Reasons of the events on a Workspace that report questions to it. Events never hold what a question says or who asked it.
const (
	// ReasonQuestionRefused means that the queue's mail server refuses a question permanently.
	ReasonQuestionRefused = "QuestionRefused"
	// ReasonQuestionDropped means that a question could not be passed on for as long as it is kept.
	ReasonQuestionDropped = "QuestionDropped"
)

// reportRefused emits an event for those who look after the workspace: the queue refuses a question.
func (r *Reconciler) reportRefused(s *scope) {
	if s.workspace != nil {
		r.recorder.Eventf(s.workspace, nil, corev1.EventTypeWarning, ReasonQuestionRefused, "PassOn", "the mail server permanently "+
			"refuses question #%s to the queue %s: it is kept and retried every day, and at once when spec.portal.queueEmail changes",
			s.kept.Reference, s.kept.Queue)
	}
}

// reportHeld emits an event for those who look after the workspace: mails of a question wait for a budget.
func (r *Reconciler) reportHeld(s *scope, results map[string]attempt.Result) {
	for _, result := range results {
		if result.Budget != "" && s.workspace != nil {
			r.recorder.Eventf(s.workspace, nil, corev1.EventTypeWarning, v1alpha1.ReasonBudgetReached, "PassOn", "question #%s: %s",
				s.kept.Reference, wording.AwaitingBudget(1, result.Budget, result.RetryAt))
		}
	}
}

// reportDropped emits an event for those who look after the workspace: a question is lost.
func (r *Reconciler) reportDropped(s *scope) {
	if s.workspace != nil {
		r.recorder.Eventf(s.workspace, nil, corev1.EventTypeWarning, ReasonQuestionDropped, "PassOn", "question #%s could not be "+
			"passed on to the queue %s within %d days and is deleted", s.kept.Reference, s.kept.Queue, int(question.KeepFor/question.Day))
	}
}
