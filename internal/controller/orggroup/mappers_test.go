// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package orggroup

import (
	"context"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/lookup"
	"github.com/usher-operator/usher/internal/mapper"
	"github.com/usher-operator/usher/internal/testing/builders"
	"github.com/usher-operator/usher/internal/testing/maxima"
)

// mapping returns a reconciler whose cache holds these objects.
func mapping(ctx context.Context, objects ...client.Object) *Reconciler {
	cache := maxima.NewCache(ctx, lookup.AddIndexes, objects...)
	return &Reconciler{client: cache, cache: lookup.New(cache, effective.IntakeDomains{})}
}

func names(keys []types.NamespacedName, err error) []string {
	GinkgoHelper()
	Expect(err).NotTo(HaveOccurred())
	found := []string{}
	for _, key := range keys {
		found = append(found, key.Name)
	}
	return found
}

var _ = Describe("The groups that a change concerns", func() {
	const view, edit = v1alpha1.WorkspaceView, v1alpha1.WorkspaceEdit
	inForce := func(groups ...v1alpha1.ObjectName) *v1alpha1.OrgUser {
		u := builders.OrgUser("acme", "sam").Obj()
		u.Status.Groups = groups
		return u
	}
	workspace := func(groups map[string]v1alpha1.WorkspaceAccess, namespace string) *v1alpha1.Workspace {
		b := builders.Workspace("acme", "w").Member("sam@acme.example", view)
		for name, access := range groups {
			b = b.Group(name, access)
		}
		w := b.Obj()
		w.Status.Namespace = namespace
		return w
	}
	going := func(w *v1alpha1.Workspace) *v1alpha1.Workspace {
		w.DeletionTimestamp = ptr.To(metav1.Now())
		return w
	}

	DescribeTable("DIR-5 are those that a user enters or leaves", func(ctx context.Context, before, after *v1alpha1.OrgUser, expected ...string) {
		Expect(names(mapping(ctx).groupsForUser(ctx, mapper.Change[*v1alpha1.OrgUser]{Before: before, After: after}))).To(ConsistOf(expected))
	},
		Entry("new", nil, inForce("a", "b"), "a", "b"),
		Entry("changed", inForce("a", "b"), inForce("b", "c"), "a", "c"),
		Entry("the same", inForce("a"), inForce("a")),
		Entry("gone", inForce("a"), nil, "a"),
	)

	DescribeTable("DIR-5 are those that a workspace lists differently", func(ctx context.Context, before, after *v1alpha1.Workspace, expected ...string) {
		c := mapper.Change[*v1alpha1.Workspace]{Before: before, After: after}
		found := names(mapping(ctx).groupsForWorkspace(ctx, c))
		for _, name := range expected {
			Expect(found).To(ContainElement(name))
		}
		Expect(found).To(HaveEach(BeElementOf(expected)))
	},
		Entry("new", nil, workspace(map[string]v1alpha1.WorkspaceAccess{"a": view}, ""), "a"),
		Entry("with another access", workspace(map[string]v1alpha1.WorkspaceAccess{"a": view, "b": view}, "n"),
			workspace(map[string]v1alpha1.WorkspaceAccess{"a": edit, "b": view}, "n"), "a"),
		Entry("with its namespace", workspace(map[string]v1alpha1.WorkspaceAccess{"a": view}, ""),
			workspace(map[string]v1alpha1.WorkspaceAccess{"a": view}, "n"), "a"),
		Entry("being deleted", workspace(map[string]v1alpha1.WorkspaceAccess{"a": view}, "n"),
			going(workspace(map[string]v1alpha1.WorkspaceAccess{"a": view}, "n")), "a"),
		Entry("gone at once", workspace(map[string]v1alpha1.WorkspaceAccess{"a": view}, "n"), nil, "a"),
	)

	It("DIR-5 are none when a workspace changes otherwise", func(ctx context.Context) {
		w := workspace(map[string]v1alpha1.WorkspaceAccess{"a": view}, "n")
		other := w.DeepCopy()
		other.Spec.Members, other.Status.Members = append(other.Spec.Members, v1alpha1.WorkspaceMember{Email: "x@acme.example"}), ptr.To[int32](7)
		Expect(names(mapping(ctx).groupsForWorkspace(ctx, mapper.Change[*v1alpha1.Workspace]{Before: w, After: other}))).To(BeEmpty())
	})

	It("DIR-5 are those that list an address which an account takes or gives up", func(ctx context.Context) {
		r := mapping(ctx, builders.OrgGroup("acme", "a").Members("SAM@acme.example").Obj(), builders.OrgGroup("acme", "b").Members("new@acme.example").Obj())
		sam, moved := inForce(), inForce()
		moved.Status.Email, moved.Spec.Email = "new@acme.example", "new@acme.example"
		going := inForce()
		going.DeletionTimestamp = ptr.To(metav1.Now())
		for _, c := range []struct {
			change        mapper.Change[*v1alpha1.OrgUser]
			counted, soon []string
		}{
			{mapper.Change[*v1alpha1.OrgUser]{After: sam}, []string{"a"}, nil},
			{mapper.Change[*v1alpha1.OrgUser]{Before: sam}, []string{"a"}, nil},
			{mapper.Change[*v1alpha1.OrgUser]{Before: sam, After: going}, []string{"a", "a"}, nil},
			{mapper.Change[*v1alpha1.OrgUser]{Before: sam, After: moved}, nil, []string{"a", "b"}},
			{mapper.Change[*v1alpha1.OrgUser]{Before: sam, After: inForce("a")}, nil, nil},
			{mapper.Change[*v1alpha1.OrgUser]{After: sam, Initial: true}, nil, nil},
		} {
			Expect(names(r.groupsForAccount(ctx, c.change))).To(ConsistOf(c.counted))
			Expect(names(r.groupsForAddress(ctx, c.change))).To(ConsistOf(c.soon))
		}
	})

	It("DIR-5 are those with the name for people that another one takes or gives up", func(ctx context.Context) {
		named := func(name, title string) *v1alpha1.OrgGroup {
			return builders.OrgGroup("acme", name).With(func(g *v1alpha1.OrgGroup) { g.Spec.DisplayName = v1alpha1.DisplayName(title) }).Obj()
		}
		r := mapping(ctx, named("a", "Help"), named("b", "help"), named("c", "Sales"))
		Expect(names(r.groupsForTitle(ctx, mapper.Change[*v1alpha1.OrgGroup]{Before: named("d", "HELP"), After: named("d", "Else")}))).To(ConsistOf("a", "b"))
		Expect(names(r.groupsForTitle(ctx, mapper.Change[*v1alpha1.OrgGroup]{Before: named("c", "Sales"), After: named("c", "SALES")}))).To(BeEmpty())
	})

	It("OPS-9 count people together for longer the more a group lists", func(ctx context.Context) {
		full := maxima.OrgGroup()
		r := mapping(ctx, full, builders.OrgGroup("acme", "small").Obj())
		Expect(r.countDelay(ctx, types.NamespacedName{Namespace: "acme", Name: "small"})).To(Equal(mapper.CountDelay))
		Expect(r.countDelay(ctx, client.ObjectKeyFromObject(full))).To(Equal(21 * mapper.CountDelay))
		full.DeletionTimestamp = ptr.To(metav1.Now())
		delay, urgent := mapping(ctx, full).countDelay(ctx, client.ObjectKeyFromObject(full))
		Expect(delay).To(Equal(mapper.CountDelay))
		Expect(urgent).To(BeTrue(), "its deletion waits")
	})
})
