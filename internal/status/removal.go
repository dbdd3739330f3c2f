// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package status

import (
	"context"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
)

// AwaitRemoval writes to an object that is being deleted that it waits until others, such as "3 people", have lost the access that they
// have by it.
func AwaitRemoval(ctx context.Context, c client.StatusClient, o Object, others string) error {
	before := o.DeepCopyObject().(Object) //nolint:forcetypeassert // a deep copy has its original's type
	Progressing(o, v1alpha1.ReasonRemoving, "removing the access of "+others)
	_, err := Write(ctx, c, before, o)
	return err
}
