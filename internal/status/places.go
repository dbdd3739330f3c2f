// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package status

import (
	"context"
	"encoding/json"

	"gomodules.xyz/jsonpatch/v2"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// largePatch is from which size on, in bytes, a merge patch is worth being replaced by one that names the places that change: a merge
// patch has a whole list in it, whatever changes in it.
const largePatch = 4 << 10

// writePlaces writes a status by the places in which it differs, under the resource version, and reports whether it did. It does not if
// that is hardly shorter than the merge patch of the given size, or if the object has changed so that the places are no longer there: then
// the merge patch says whether that is a conflict.
func writePlaces(ctx context.Context, c client.StatusClient, was, after, is Object, merge int) (bool, error) {
	if merge < largePatch {
		return false, nil
	}
	patch, err := places(was, is)
	if err != nil || 2*len(patch) > merge {
		return false, err
	}
	err = c.Status().Patch(ctx, after, client.RawPatch(types.JSONPatchType, patch))
	if apierrors.IsInvalid(err) {
		return false, nil
	}
	return err == nil, err
}

// places returns the JSON patch (RFC 6902) from one state to another. It begins with the resource version, so that a newer state is a
// conflict.
func places(was, is Object) ([]byte, error) {
	before, err := json.Marshal(was)
	if err != nil {
		return nil, err
	}
	after, err := json.Marshal(is)
	if err != nil {
		return nil, err
	}
	changes, err := jsonpatch.CreatePatch(before, after)
	if err != nil {
		return nil, err
	}
	version := jsonpatch.NewOperation("replace", "/metadata/resourceVersion", was.GetResourceVersion())
	return json.Marshal(append([]jsonpatch.Operation{version}, changes...))
}
