// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package lookup

import (
	"context"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/testing/builders"
)

var _ = Describe("The object that a link leads to", func() {
	const issued = "0001"
	// invitation returns an Invitation whose status says for which object of the link's UID it was first written.
	invitation := func(namespace string, uid types.UID, identity string) client.Object {
		i := builders.Invitation(namespace, "team", "luis@acme.example").Obj()
		i.UID, i.Status.Identity = uid, &v1alpha1.Identity{UID: issued, Namespace: identity, Name: "team"}
		return i
	}
	original, restored := invitation("acme", issued, "acme"), invitation("acme", "0002", "acme")

	DescribeTable("OPS-5 is", func(ctx context.Context, host client.Object, objects ...client.Object) {
		found, err := holding(objects...).OnboardingHost(ctx, issued)
		Expect(err).NotTo(HaveOccurred())
		if host == nil {
			Expect(found).To(BeNil())
			return
		}
		Expect(found).To(HaveField("Namespace", host.GetNamespace()))
	},
		Entry("the one that has the UID", original, original),
		Entry("the one that had it before it was restored", restored, restored),
		Entry("none, if it has only a status that was copied from elsewhere", nil, invitation("copy", "0003", "acme")),
		Entry("the restored one, beside a copy", restored, invitation("copy", "0003", "acme"), restored),
		Entry("the original, beside a copy that passes for it", original, invitation("copy", "0003", "copy"), original),
		Entry("none, if two pass for it", nil, invitation("copy", "0003", "copy"), restored),
	)
})

var _ = Describe("The workspace that the link of a queue's owner leads to", func() {
	const issued = "0001"
	workspace := func(namespace string, uid types.UID, identity string) client.Object {
		w := builders.Workspace(namespace, "support").Obj()
		w.UID, w.Status.Identity = uid, &v1alpha1.Identity{UID: issued, Namespace: identity, Name: "support"}
		return w
	}
	original, restored := workspace("acme", issued, "acme"), workspace("acme", "0002", "acme")

	DescribeTable("OPS-5 is", func(ctx context.Context, wanted client.Object, objects ...client.Object) {
		found, err := holding(objects...).WorkspaceByUID(ctx, issued)
		Expect(err).NotTo(HaveOccurred())
		if wanted == nil {
			Expect(found).To(BeNil())
			return
		}
		Expect(found).To(HaveField("Namespace", wanted.GetNamespace()))
	},
		Entry("the one that has the UID", original, original),
		Entry("the one that had it before it was restored", restored, restored),
		Entry("none, if it has only a status that was copied from elsewhere", nil, workspace("copy", "0003", "acme")),
		Entry("the original, beside a copy that passes for it", original, workspace("copy", "0003", "copy"), original),
		Entry("none, if two pass for it", nil, workspace("copy", "0003", "copy"), restored),
	)
})
