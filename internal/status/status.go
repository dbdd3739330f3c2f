// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Package status is the one way in which Usher writes a status: conditions by the kstatus contract, one merge patch under the
// resource version that the decision was based on, and none when nothing changed.
package status

import (
	"context"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/util/retry"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
)

// Object is an object of one of Usher's kinds.
type Object interface {
	client.Object
	GetConditions() *[]metav1.Condition
	SetObservedGeneration(generation int64)
}

// Ready sets the conditions of an object whose spec is in force.
func Ready(o Object, reason, message string) {
	set(o, v1alpha1.ConditionReady, metav1.ConditionTrue, reason, message)
	remove(o, v1alpha1.ConditionReconciling, v1alpha1.ConditionStalled)
}

// Progressing sets the conditions of an object whose spec is not in force yet, while Usher works on it or waits for something to
// appear.
func Progressing(o Object, reason, message string) {
	set(o, v1alpha1.ConditionReady, metav1.ConditionFalse, reason, message)
	set(o, v1alpha1.ConditionReconciling, metav1.ConditionTrue, reason, message)
	remove(o, v1alpha1.ConditionStalled)
}

// Stalled sets the conditions of an object whose spec is not in force and cannot be until somebody changes something.
func Stalled(o Object, reason, message string) {
	set(o, v1alpha1.ConditionReady, metav1.ConditionFalse, reason, message)
	set(o, v1alpha1.ConditionStalled, metav1.ConditionTrue, reason, message)
	remove(o, v1alpha1.ConditionReconciling)
}

// Set sets a condition other than those of kstatus.
func Set(o Object, conditionType string, value bool, reason, message string) {
	status := metav1.ConditionFalse
	if value {
		status = metav1.ConditionTrue
	}
	set(o, conditionType, status, reason, message)
}

// maxMessage is how many bytes of a condition's message are kept. The API accepts 32,768 characters, and many names, or what a server
// answers, must not make a status unwritable.
const maxMessage = 4096

func set(o Object, conditionType string, status metav1.ConditionStatus, reason, message string) {
	if len(message) > maxMessage {
		message = strings.ToValidUTF8(message[:maxMessage], "") + "…"
	}
	meta.SetStatusCondition(o.GetConditions(), metav1.Condition{
		Type: conditionType, Status: status, Reason: reason, Message: message, ObservedGeneration: o.GetGeneration(),
	})
}

func remove(o Object, conditionTypes ...string) {
	for _, t := range conditionTypes {
		meta.RemoveStatusCondition(o.GetConditions(), t)
	}
}

// Write writes the status of after if it differs from that of before, the object as it was read, and reports whether it did. A
// conflict means that before was not the newest: the caller tries again from the newer one.
func Write(ctx context.Context, c client.StatusClient, before, after Object) (bool, error) {
	after.SetObservedGeneration(after.GetGeneration())
	for i := range *after.GetConditions() {
		(*after.GetConditions())[i].ObservedGeneration = after.GetGeneration()
	}
	*after.GetConditions() = steady(*before.GetConditions(), *after.GetConditions())
	return write(ctx, c, before, after)
}

// steady returns the conditions in the order in which they were, each with its former transition time if its status is the same:
// a pass that sets a condition twice has changed nothing when the second is what was written.
func steady(before, after []metav1.Condition) []metav1.Condition {
	var out []metav1.Condition
	for _, was := range before {
		is := meta.FindStatusCondition(after, was.Type)
		if is == nil {
			continue
		}
		if is.Status == was.Status {
			is.LastTransitionTime = was.LastTransitionTime
		}
		out = append(out, *is)
	}
	for _, is := range after {
		if meta.FindStatusCondition(before, is.Type) == nil {
			out = append(out, is)
		}
	}
	return out
}

func write(ctx context.Context, c client.StatusClient, before, after Object) (bool, error) {
	was, is := withoutSpec(before), withoutSpec(after)
	if equality.Semantic.DeepEqual(was, is) {
		return false, nil
	}
	patch := client.MergeFromWithOptions(was, client.MergeFromWithOptimisticLock{})
	data, err := patch.Data(is)
	if err != nil {
		return false, err
	}
	if done, err := writePlaces(ctx, c, was, after, is, len(data)); done || err != nil {
		return true, err
	}
	return true, c.Status().Patch(ctx, after, client.RawPatch(patch.Type(), data))
}

// amendBackoff is how long Amend retries against other writers: ten to twenty seconds, or until its context ends. What it records
// has happened, so giving up early would mean doing it again.
var amendBackoff = wait.Backoff{Steps: 500, Duration: 20 * time.Millisecond, Factor: 1, Jitter: 1}

// Amend changes a part of a status that another writer may be changing at the same time: it reads the object past the cache, calls
// change, writes, and starts again on a conflict. The conditions and the observed generation remain the reconciler's. An error of
// change ends it and is returned as it is.
func Amend(ctx context.Context, reader client.Reader, c client.StatusClient, o Object, change func() error) error {
	return amend(ctx, reader, c, o, false, change)
}

// AmendRead is Amend for an object that was read past the cache, or written, just before. It reads it again only after a conflict.
func AmendRead(ctx context.Context, reader client.Reader, c client.StatusClient, o Object, change func() error) error {
	return amend(ctx, reader, c, o, true, change)
}

func amend(ctx context.Context, reader client.Reader, c client.StatusClient, o Object, fresh bool, change func() error) error {
	key := client.ObjectKeyFromObject(o)
	return retry.RetryOnConflict(amendBackoff, func() error {
		if !fresh {
			if err := Read(ctx, reader, key, o); err != nil {
				return err
			}
		}
		fresh = false
		before := o.DeepCopyObject().(Object) //nolint:forcetypeassert // a deep copy has its original's type
		if err := change(); err != nil {
			return err
		}
		_, err := write(ctx, c, before, o)
		return err
	})
}
