// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package notices

import (
	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/delivery/budget"
	"github.com/usher-operator/usher/internal/emailaddr"
	"github.com/usher-operator/usher/internal/status"
	"github.com/usher-operator/usher/internal/wording"
)

// stream returns what budgets count a message as.
func (m message) stream() budget.Stream {
	if m.delivery.Type == v1alpha1.MethodEmail {
		return budget.Notices
	}
	return budget.Phones
}

func (m message) destination() string {
	if m.delivery.Type == v1alpha1.MethodEmail {
		return emailaddr.Normalize(m.delivery.Value)
	}
	return m.delivery.Value
}

// setWithinBudget sets the condition that says how many messages wait for which budget, or removes it if none does. Of the conditions it is
// the one that belongs to the notices, so it is written with them.
func (t *target) setWithinBudget() {
	var held int32
	var first *v1alpha1.NoticeDeliveryStatus
	for _, m := range t.messages() {
		if m.delivery.State != v1alpha1.NoticeQueued || m.delivery.Budget == "" {
			continue
		}
		held++
		if first == nil || m.delivery.NextAttemptTime.Before(first.NextAttemptTime) {
			first = m.delivery
		}
	}
	if first == nil {
		meta.RemoveStatusCondition(t.object.GetConditions(), v1alpha1.ConditionWithinBudget)
		return
	}
	status.Set(t.object, v1alpha1.ConditionWithinBudget, false, v1alpha1.ReasonBudgetReached,
		wording.AwaitingBudget(held, first.Budget, first.NextAttemptTime.Time))
}
