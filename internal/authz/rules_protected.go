// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package authz

import (
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/usher-operator/usher/api/v1alpha1"
)

// ownPrefix is that of Usher's labels and annotations.
const ownPrefix = "accounts.usher.dev/"

// judgeProtected refuses writes to what is Usher's own, whoever asks: status, finalizer, labels and annotations, and the
// owner references that deletions follow.
func judgeProtected(r Request) []Violation {
	if r.Operation == Delete {
		return nil
	}
	if r.Status {
		return []Violation{r.denyProtected("status")}
	}
	old := r.Old
	if r.Operation == Create {
		old = &metav1.ObjectMeta{Finalizers: slices.Clone(r.New.GetFinalizers())}
	}
	var found []Violation
	if hasFinalizer(old) != hasFinalizer(r.New) {
		kept := r.denyProtected("metadata.finalizers[" + v1alpha1.Finalizer + "]")
		if hasFinalizer(old) {
			kept.Message += " (kubectl replace takes it away unless the manifest has it; kubectl apply keeps it)"
		}
		found = append(found, kept)
	}
	if !equality.Semantic.DeepEqual(old.GetOwnerReferences(), r.New.GetOwnerReferences()) {
		found = append(found, r.denyProtected("metadata.ownerReferences"))
	}
	for _, key := range ownKeys(old.GetLabels(), r.New.GetLabels()) {
		found = append(found, r.denyProtected("metadata.labels["+key+"]"))
	}
	for _, key := range ownKeys(old.GetAnnotations(), r.New.GetAnnotations()) {
		if !asksPeople(r.New, key) {
			found = append(found, r.denyProtected("metadata.annotations["+key+"]"))
		}
	}
	return found
}

func (r Request) denyProtected(field string) Violation {
	return Violation{
		Field: field, Reason: Forbidden, Rule: "usher-only",
		Message: fmt.Sprintf("%s: %s is Usher's own, which only Usher itself may change: leave it as it is",
			r.Actor.describe(r.Organization), field),
	}
}

func hasFinalizer(o metav1.Object) bool {
	return slices.Contains(o.GetFinalizers(), v1alpha1.Finalizer)
}

// ownKeys gives Usher's keys of which the value differs, sorted.
func ownKeys(before, after map[string]string) []string {
	var keys []string
	for _, values := range []map[string]string{before, after} {
		for key := range values {
			wasThere, isThere := before[key], after[key]
			_, was := before[key]
			_, is := after[key]
			if strings.HasPrefix(key, ownPrefix) && (was != is || wasThere != isThere) {
				keys = append(keys, key)
			}
		}
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}
