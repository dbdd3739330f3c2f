// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"

	"gomodules.xyz/jsonpatch/v2"
	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"github.com/usher-operator/usher/api/v1alpha1"
)

// finalizerKeeper keeps Usher's finalizer in an object when an update leaves it out, as kubectl replace does with a manifest that does
// not contain it. There is no moment without the finalizer, in which a deletion would leave behind what the object grants.
//
// It acts for everybody, because the match conditions spare those who may remove the finalizer. Objects that are being deleted are
// spared as well: there the validating webhook refuses, so that nobody believes that the removal has worked.
type finalizerKeeper struct{}

// Handle answers a request.
func (finalizerKeeper) Handle(_ context.Context, r admission.Request) admission.Response {
	if r.Operation != admissionv1.Update || r.SubResource != "" {
		return admission.Allowed("")
	}
	var before, after metav1.PartialObjectMetadata
	if err := json.Unmarshal(r.OldObject.Raw, &before); err != nil {
		return admission.Errored(http.StatusBadRequest, err)
	}
	if err := json.Unmarshal(r.Object.Raw, &after); err != nil {
		return admission.Errored(http.StatusBadRequest, err)
	}
	place := slices.Index(before.Finalizers, v1alpha1.Finalizer)
	if place < 0 || slices.Contains(after.Finalizers, v1alpha1.Finalizer) || !before.DeletionTimestamp.IsZero() {
		return admission.Allowed("")
	}
	// The place stays the same, so that a finalizer that was only left out does not count as a change of the list.
	kept := slices.Insert(after.Finalizers, min(place, len(after.Finalizers)), v1alpha1.Finalizer)
	return admission.Patched("", jsonpatch.NewOperation("add", "/metadata/finalizers", kept))
}
