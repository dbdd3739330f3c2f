// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package status

import (
	"context"
	"fmt"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
)

// Read reads the newest state of an object into o, which stays as it is if that fails. It decodes into a fresh object: decoding into
// one that holds something keeps each field that the newer state no longer has.
func Read(ctx context.Context, reader client.Reader, key client.ObjectKey, o Object) error {
	switch o := o.(type) {
	case *v1alpha1.Organization:
		return readInto(ctx, reader, key, o)
	case *v1alpha1.OrgUser:
		return readInto(ctx, reader, key, o)
	case *v1alpha1.Invitation:
		return readInto(ctx, reader, key, o)
	case *v1alpha1.Workspace:
		return readInto(ctx, reader, key, o)
	case *v1alpha1.OrgGroup:
		return readInto(ctx, reader, key, o)
	default:
		return fmt.Errorf("cannot read the status of a %T", o)
	}
}

func readInto[T any, P interface {
	*T
	client.Object
}](ctx context.Context, reader client.Reader, key client.ObjectKey, o P,
) error {
	fresh := P(new(T))
	if err := reader.Get(ctx, key, fresh); err != nil {
		return err
	}
	*o = *fresh
	return nil
}

// withoutSpec returns a shallow copy without the spec: a workspace may list thousands of members, which need not be compared to
// write a status.
func withoutSpec(o Object) Object {
	switch o := o.(type) {
	case *v1alpha1.Organization:
		bare := *o
		bare.Spec = v1alpha1.OrganizationSpec{}
		return &bare
	case *v1alpha1.OrgUser:
		bare := *o
		bare.Spec = v1alpha1.OrgUserSpec{}
		return &bare
	case *v1alpha1.Invitation:
		bare := *o
		bare.Spec = v1alpha1.InvitationSpec{}
		return &bare
	case *v1alpha1.Workspace:
		bare := *o
		bare.Spec = v1alpha1.WorkspaceSpec{}
		return &bare
	case *v1alpha1.OrgGroup:
		bare := *o
		bare.Spec = v1alpha1.OrgGroupSpec{}
		return &bare
	default:
		return o
	}
}
