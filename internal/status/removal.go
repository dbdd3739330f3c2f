// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package status

import (
	"context"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/wording"
)

// AwaitRemoval writes to an object that is being deleted that it waits until n people or others, named by one and more, have lost the access
// that they have by it.
func AwaitRemoval(ctx context.Context, c client.StatusClient, o Object, n int, one, more string) error {
	before := o.DeepCopyObject().(Object) //nolint:forcetypeassert // a deep copy has its original's type
	Progressing(o, v1alpha1.ReasonRemoving, "removing the access of "+wording.Count(*Count(n), one, more))
	_, err := Write(ctx, c, before, o)
	return err
}
