// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"

	"gomodules.xyz/jsonpatch/v2"
	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/authz"
)

// omissionKeeper gives every new object Usher's finalizer, which saves the reconciler a write for each, and keeps what is not the author's
// to write when an update leaves it out, as kubectl replace does with a manifest from Git: the finalizer, Usher's labels and the owner
// references. There is no moment without the finalizer, in which a deletion would leave behind what the object grants.
//
// A patch that removes them on purpose looks the same to a webhook, so a warning says what stays. A label with another value, or other
// owner references, are a change, which the validating webhook refuses.
//
// It acts for everybody, because the match conditions spare those who may remove the finalizer. Objects that are being deleted are
// spared as well: there the validating webhook refuses, so that nobody believes that the removal has worked.
type omissionKeeper struct{}

// Handle answers a request.
func (omissionKeeper) Handle(_ context.Context, r admission.Request) admission.Response {
	if r.Operation == admissionv1.Delete || r.SubResource != "" {
		return admission.Allowed("")
	}
	var before, after metav1.PartialObjectMetadata
	if err := json.Unmarshal(r.Object.Raw, &after); err != nil {
		return admission.Errored(http.StatusBadRequest, err)
	}
	if r.Operation == admissionv1.Create {
		return admission.Patched("", withFinalizer(&after, len(after.Finalizers))...)
	}
	if err := json.Unmarshal(r.OldObject.Raw, &before); err != nil {
		return admission.Errored(http.StatusBadRequest, err)
	}
	if !before.DeletionTimestamp.IsZero() {
		return admission.Allowed("")
	}
	kept := keptFinalizer(&before, &after)
	labels, left := keptLabels(&before, &after)
	kept = append(kept, labels...)
	if len(after.OwnerReferences) == 0 && len(before.OwnerReferences) > 0 {
		left = append(left, "metadata.ownerReferences")
		kept = append(kept, jsonpatch.NewOperation("add", "/metadata/ownerReferences", before.OwnerReferences))
	}
	answer := admission.Patched("", kept...)
	for _, field := range left {
		answer.Warnings = append(answer.Warnings, field+" is left out and stays as it is: only Usher may remove it")
	}
	return answer
}

// keptFinalizer puts Usher's finalizer back. The place stays the same, so that a finalizer that was only left out does not count as a
// change of the list.
func keptFinalizer(before, after *metav1.PartialObjectMetadata) []jsonpatch.Operation {
	place := slices.Index(before.Finalizers, v1alpha1.Finalizer)
	if place < 0 {
		return nil
	}
	return withFinalizer(after, min(place, len(after.Finalizers)))
}

// withFinalizer puts Usher's finalizer at a place of the list, unless it is in it.
func withFinalizer(o *metav1.PartialObjectMetadata, place int) []jsonpatch.Operation {
	if slices.Contains(o.Finalizers, v1alpha1.Finalizer) {
		return nil
	}
	return []jsonpatch.Operation{
		jsonpatch.NewOperation("add", "/metadata/finalizers", slices.Insert(o.Finalizers, place, v1alpha1.Finalizer)),
	}
}

// keptLabels puts Usher's labels back that are missing, and names them.
func keptLabels(before, after *metav1.PartialObjectMetadata) (kept []jsonpatch.Operation, left []string) {
	labels := maps.Clone(after.Labels)
	if labels == nil {
		labels = map[string]string{}
	}
	for _, key := range slices.Sorted(maps.Keys(before.Labels)) {
		if _, has := labels[key]; !has && strings.HasPrefix(key, authz.OwnPrefix) {
			labels[key] = before.Labels[key]
			left = append(left, "metadata.labels["+key+"]")
		}
	}
	if len(left) == 0 {
		return nil, nil
	}
	return []jsonpatch.Operation{jsonpatch.NewOperation("add", "/metadata/labels", labels)}, left
}
