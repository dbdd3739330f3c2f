// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package authz

import (
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/usher-operator/usher/api/v1alpha1"
)

// OwnPrefix is that of Usher's labels and annotations.
const OwnPrefix = "accounts.usher.dev/"

// judgeProtected refuses writes to what belongs to Usher, in the name of people and delegates: the status, the finalizer, labels,
// annotations, and the owner references that deletions follow. The platform may restore all of it but the finalizer from a backup.
func judgeProtected(r Request) []Violation {
	if r.Operation == Delete {
		return nil
	}
	if r.Status {
		return []Violation{r.denyProtected("status")}
	}
	old, found := formerMetadata(r), judgeFinalizer(r)
	if !equality.Semantic.DeepEqual(old.GetOwnerReferences(), r.New.GetOwnerReferences()) {
		found = append(found, r.denyProtected("metadata.ownerReferences"))
	}
	for _, key := range ownKeys(old.GetLabels(), r.New.GetLabels()) {
		found = append(found, r.denyProtected("metadata.labels["+key+"]"))
	}
	for _, key := range ownKeys(old.GetAnnotations(), r.New.GetAnnotations()) {
		if !isForPeople(r.New, key) && !recordsInviter(r.New, key) {
			found = append(found, r.denyProtected("metadata.annotations["+key+"]"))
		}
	}
	return found
}

// judgeFinalizer refuses changes of Usher's finalizer, whoever asks: without it a deletion leaves behind what the object grants.
func judgeFinalizer(r Request) []Violation {
	if r.Operation == Delete {
		return nil
	}
	had := hasFinalizer(formerMetadata(r))
	if had == hasFinalizer(r.New) {
		return nil
	}
	kept := r.denyProtected("metadata.finalizers[" + v1alpha1.Finalizer + "]")
	if had {
		kept.Message += " (kubectl replace removes it unless the manifest contains it; kubectl apply keeps it)"
	}
	return []Violation{kept}
}

// formerMetadata returns the metadata before the request. A new object may come with the finalizer, which a saved copy contains.
func formerMetadata(r Request) metav1.Object {
	if r.Operation == Create {
		return &metav1.ObjectMeta{Finalizers: slices.Clone(r.New.GetFinalizers())}
	}
	return r.Old
}

func (r Request) denyProtected(field string) Violation {
	return r.refuse(field, Forbidden, ruleUsherOnly, "only Usher may change %s; leave it as it is", field)
}

// recordsInviter reports whether an annotation is the one that the mutating webhook writes in everybody's requests. It is judged by
// judgeInviterKind.
func recordsInviter(object metav1.Object, key string) bool {
	_, invites := object.(*v1alpha1.Invitation)
	return invites && key == v1alpha1.AnnotationInviterKind
}

func hasFinalizer(o metav1.Object) bool {
	return slices.Contains(o.GetFinalizers(), v1alpha1.Finalizer)
}

// ownKeys returns Usher's keys whose values differ, sorted.
func ownKeys(before, after map[string]string) []string {
	var keys []string
	for _, values := range []map[string]string{before, after} {
		for key := range values {
			valueBefore, was := before[key]
			valueAfter, is := after[key]
			if strings.HasPrefix(key, OwnPrefix) && (was != is || valueBefore != valueAfter) {
				keys = append(keys, key)
			}
		}
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}
