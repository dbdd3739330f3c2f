// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package orguser

import (
	"context"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/mapper"
	"github.com/usher-operator/usher/internal/testing/builders"
)

var _ = Describe("A change of a group", func() {
	const eva, luis, kim = "eva@acme.example", "LUIS@acme.example", "kim@acme.example"
	group := func(members ...string) *v1alpha1.OrgGroup {
		return builders.OrgGroup("acme", "night").Members(members...).Obj()
	}
	deleted := func(g *v1alpha1.OrgGroup) *v1alpha1.OrgGroup {
		g.DeletionTimestamp = ptr.To(metav1.Now())
		return g
	}

	DescribeTable("concerns", func(ctx context.Context, c mapper.Change[*v1alpha1.OrgGroup], expected ...string) {
		Expect(names(mapping(ctx, acmePeople()...).usersForGroup(ctx, c))).To(ConsistOf(expected))
	},
		Entry("DIR-5 those whom a new one lists", changeOf(nil, group(eva, luis)), "eva", "luis"),
		Entry("DIR-5 who enters and who leaves, and nobody who stays", changeOf(group(eva, luis), group(luis, kim)), "eva", "kim"),
		Entry("DIR-5 nobody when only the spelling differs", changeOf(group("luis@ACME.example"), group(luis))),
		Entry("DIR-5 nobody without an account", changeOf(nil, group("new@acme.example"))),
		Entry("DIR-5 those whom one lists that is being deleted", changeOf(group(eva), deleted(group(eva))), "eva"),
		Entry("DIR-5 nobody when one is gone that was being deleted", changeOf(deleted(group(eva)), nil)),
		Entry("DIR-5 those whom one lists that is gone at once", changeOf(group(eva), nil), "eva"),
		Entry("DIR-5 nobody when the watch begins", mapper.Change[*v1alpha1.OrgGroup]{After: group(eva), Initial: true}),
	)

	It("DIR-5 of a workspace that lists the group concerns those whom the OrgGroup lists as well", func(ctx context.Context) {
		r := mapping(ctx, append(acmePeople(), group(luis))...)
		w := builders.Workspace("acme", "support").Group("night", v1alpha1.WorkspaceView).Obj()
		Expect(names(r.usersForWorkspace(ctx, changeOf(nil, w)))).To(ConsistOf("ana", "eva", "kim", "luis", "holder", "requester"))
	})
})
