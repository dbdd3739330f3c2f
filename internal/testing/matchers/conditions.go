// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Package matchers holds Gomega matchers for Usher's objects and for the API server's refusals.
package matchers

import (
	"fmt"

	"github.com/onsi/gomega"
	"github.com/onsi/gomega/types"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
)

const (
	ready       = "Ready"
	reconciling = "Reconciling"
	stalled     = "Stalled"
)

// state is the part of an object that conditions are about.
type state struct {
	Metadata struct {
		Generation int64 `json:"generation"`
	} `json:"metadata"`
	Status struct {
		ObservedGeneration int64              `json:"observedGeneration"`
		Conditions         []metav1.Condition `json:"conditions"`
	} `json:"status"`
}

// HaveCondition succeeds if the object has the condition with that status and reason, for the object's current
// generation. An empty reason matches any.
func HaveCondition(conditionType string, status metav1.ConditionStatus, reason string) types.GomegaMatcher {
	wanted := fmt.Sprintf("have the condition %s=%s", conditionType, status)
	if reason != "" {
		wanted += " with the reason " + reason
	}
	return onState(wanted, func(s *state) string {
		condition := s.condition(conditionType)
		if condition == nil || condition.Status != status || (reason != "" && condition.Reason != reason) {
			return s.String()
		}
		return s.staleness(condition)
	})
}

// BeReady succeeds if the object's condition Ready is True for the object's current generation.
func BeReady() types.GomegaMatcher { return HaveCondition(ready, metav1.ConditionTrue, "") }

// KeepKstatus succeeds if the object keeps the contract of kstatus: it has the condition Ready; Reconciling and Stalled are
// present only while they are True, never both, and never while Ready is True; status.observedGeneration and that of
// each condition are the object's generation.
func KeepKstatus() types.GomegaMatcher {
	return onState("keep the contract of kstatus", (*state).kstatusFault)
}

func (s *state) kstatusFault() string {
	if s.condition(ready) == nil {
		return "lacks the condition Ready: " + s.String()
	}
	if s.Status.ObservedGeneration != s.Metadata.Generation {
		return fmt.Sprintf("status.observedGeneration is %d, the generation %d",
			s.Status.ObservedGeneration, s.Metadata.Generation)
	}
	for i := range s.Status.Conditions {
		condition := &s.Status.Conditions[i]
		if fault := s.staleness(condition); fault != "" {
			return fault
		}
		abnormal := condition.Type == reconciling || condition.Type == stalled
		if abnormal && condition.Status != metav1.ConditionTrue {
			return fmt.Sprintf("%s is %s: it must be absent while it is not True", condition.Type, condition.Status)
		}
		if abnormal && s.condition(ready).Status == metav1.ConditionTrue {
			return condition.Type + " and Ready are both True"
		}
	}
	if s.condition(reconciling) != nil && s.condition(stalled) != nil {
		return "Reconciling and Stalled are both present"
	}
	return ""
}

// staleness says how a condition is out of date; it is empty if the condition is about the current generation.
func (s *state) staleness(condition *metav1.Condition) string {
	if condition.ObservedGeneration == s.Metadata.Generation {
		return ""
	}
	return fmt.Sprintf("the condition %s is about generation %d, the object is at %d",
		condition.Type, condition.ObservedGeneration, s.Metadata.Generation)
}

func (s *state) condition(conditionType string) *metav1.Condition {
	for i := range s.Status.Conditions {
		if s.Status.Conditions[i].Type == conditionType {
			return &s.Status.Conditions[i]
		}
	}
	return nil
}

// String returns the conditions on one line.
func (s *state) String() string {
	text := "its conditions are"
	for _, c := range s.Status.Conditions {
		text += fmt.Sprintf(" %s=%s (%s: %s)", c.Type, c.Status, c.Reason, c.Message)
	}
	if len(s.Status.Conditions) == 0 {
		text += " none"
	}
	return text
}

// onState makes a matcher from a function that returns what is wrong, or nothing.
func onState(wanted string, fault func(*state) string) types.GomegaMatcher {
	return &explained{wanted: wanted, fault: func(actual any) (string, error) {
		s, err := stateOf(actual)
		if err != nil {
			return "", err
		}
		return fault(s), nil
	}}
}

// stateOf reads the state of an object of any kind, typed or not.
func stateOf(actual any) (*state, error) {
	content, err := runtime.DefaultUnstructuredConverter.ToUnstructured(actual)
	if object, ok := actual.(*unstructured.Unstructured); ok {
		content, err = object.Object, nil
	}
	if err != nil {
		return nil, fmt.Errorf("the matcher takes a pointer to an object: %w", err)
	}
	s := &state{}
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(content, s); err != nil {
		return nil, fmt.Errorf("read the object's conditions: %w", err)
	}
	return s, nil
}

// Stand matches an object of which this condition says where it stands, for a reason: Ready true, or Ready false with Reconciling
// or Stalled true.
func Stand(condition, reason string) types.GomegaMatcher {
	if condition == ready {
		return gomega.And(KeepKstatus(), HaveCondition(ready, metav1.ConditionTrue, reason))
	}
	return gomega.And(KeepKstatus(), HaveCondition(ready, metav1.ConditionFalse, reason),
		HaveCondition(condition, metav1.ConditionTrue, reason))
}
