// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package status

import (
	"context"

	"sigs.k8s.io/controller-runtime/pkg/client"
)

// Await writes to an object that it is not where it is to be before others have done their part, with a reason and a message.
func Await(ctx context.Context, c client.StatusClient, o Object, reason, message string) error {
	before := o.DeepCopyObject().(Object) //nolint:forcetypeassert // a deep copy has its original's type
	Progressing(o, reason, message)
	_, err := Write(ctx, c, before, o)
	return err
}
