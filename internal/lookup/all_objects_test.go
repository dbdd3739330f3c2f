// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package lookup_test

import (
	"context"
	"errors"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/lookup"
	"github.com/usher-operator/usher/internal/testing/builders"
)

// lister answers lists as an API server does which has one group, and one kind not at all.
type lister struct {
	client.Reader
	err error
}

func (l lister) List(_ context.Context, list client.ObjectList, _ ...client.ListOption) error {
	switch list := list.(type) {
	case *v1alpha1.InvitationList:
		return l.err
	case *v1alpha1.OrgGroupList:
		list.Items = append(list.Items, *builders.OrgGroup("acme", "support").Obj())
	}
	return nil
}

var _ = Describe("Everything of an organization", func() {
	It("OPS-6 has nothing of a kind whose CustomResourceDefinition is gone", func(ctx context.Context) {
		gone := apierrors.NewGenericServerResponse(404, "get", schema.GroupResource{Group: v1alpha1.GroupVersion.Group, Resource: "invitations"},
			"", "", 0, true)
		Expect(lookup.NewAPIReader(lister{err: gone}).AllObjects(ctx, "acme")).To(ConsistOf(HaveField("Name", "support")))
	})

	It("OPS-6 is not known while a kind cannot be listed", func(ctx context.Context) {
		broken := errors.New("connection refused")
		_, err := lookup.NewAPIReader(lister{err: broken}).AllObjects(ctx, "acme")
		Expect(err).To(MatchError(broken))
	})
})
