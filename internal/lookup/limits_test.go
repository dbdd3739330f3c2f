// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package lookup

import (
	"context"
	"fmt"
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	toolscache "k8s.io/client-go/tools/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/authz"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/testing/builders"
	"github.com/usher-operator/usher/internal/testing/maxima"
)

// crowd is a cache of an organization's users with the indexes of a real one. It counts what is read from it.
type crowd struct {
	client.Reader

	users        toolscache.Indexer
	lists, items int
}

// crowdOf returns a cache of people who are all in 32 groups, which is the maximum.
func crowdOf(people int) *crowd {
	c := &crowd{users: toolscache.NewIndexer(toolscache.MetaNamespaceKeyFunc, toolscache.Indexers{
		userByGroup: func(o any) ([]string, error) { return groups(o.(*v1alpha1.OrgUser)), nil }, //nolint:forcetypeassert // nothing else is in it
		userByEmail: func(o any) ([]string, error) { return emails(o.(*v1alpha1.OrgUser)), nil }, //nolint:forcetypeassert // nothing else is in it
	})}
	all := groupNames(32)
	for n := range people {
		if err := c.users.Add(builders.OrgUser("acme", fmt.Sprintf("p%d", n)).Groups(all...).Obj()); err != nil {
			panic(err)
		}
	}
	return c
}

func groupNames(n int) []string {
	var names []string
	for g := range n {
		names = append(names, fmt.Sprintf("g%d", g))
	}
	return names
}

// Get implements client.Reader: there is nothing but users.
func (c *crowd) Get(_ context.Context, key client.ObjectKey, _ client.Object, _ ...client.GetOption) error {
	return apierrors.NewNotFound(v1alpha1.Resource("organizations"), key.Name)
}

// List implements client.Reader as the manager's cache does.
func (c *crowd) List(_ context.Context, list client.ObjectList, opts ...client.ListOption) error {
	var options client.ListOptions
	options.ApplyOptions(opts)
	var found []any
	if options.FieldSelector == nil {
		found = c.users.List()
	} else {
		by := options.FieldSelector.Requirements()[0]
		var err error
		if found, err = c.users.ByIndex(by.Field, by.Value); err != nil {
			return err
		}
	}
	if options.Limit > 0 {
		found = found[:min(len(found), int(options.Limit))]
	}
	users, _ := list.(*v1alpha1.OrgUserList)
	for _, o := range found {
		users.Items = append(users.Items, *o.(*v1alpha1.OrgUser)) //nolint:forcetypeassert // nothing else is in it
	}
	c.lists, c.items = c.lists+1, c.items+len(found)
	return nil
}

// The lists of members that cost most, at the API's maximum of 10,000 entries.
func sameGroup() *v1alpha1.Workspace {
	w := builders.Workspace("acme", "support").Obj()
	for range 10000 {
		w.Spec.Members = append(w.Spec.Members, v1alpha1.WorkspaceMember{Group: "g0", Access: v1alpha1.WorkspaceView})
	}
	return w
}

func everyGroup() *v1alpha1.Workspace {
	w := builders.Workspace("acme", "support").Obj()
	for _, name := range groupNames(32) {
		w.Spec.Members = append(w.Spec.Members, v1alpha1.WorkspaceMember{Group: v1alpha1.ObjectName(name), Access: v1alpha1.WorkspaceView})
	}
	for n := range 10000 - 32 {
		w.Spec.Members = append(w.Spec.Members, v1alpha1.WorkspaceMember{
			Email: v1alpha1.MemberAddress(fmt.Sprintf("p%d@acme.example", n)), Access: v1alpha1.WorkspaceView,
		})
	}
	return w
}

var _ = Describe("A list of 10,000 members", func() {
	const people = 200

	DescribeTable("ORG-23 is looked up by what it names, not by how often", func(ctx context.Context, w func() *v1alpha1.Workspace, warningLists, lists, items int) {
		c := crowdOf(people)
		reader := New(c, effective.IntakeDomains{})
		_, err := reader.MissingReferenceWarnings(ctx, w())
		Expect(err).NotTo(HaveOccurred())
		Expect(c.lists).To(Equal(warningLists))
		Expect(c.items).To(BeNumerically("<=", warningLists), "one user is enough to know that somebody exists")

		c.lists, c.items = 0, 0
		Expect(reader.UsersByMembers(ctx, "acme", w().Spec.Members)).To(HaveLen(people), "each user once")
		Expect([]int{c.lists, c.items}).To(Equal([]int{lists, items}))
	},
		Entry("that is one group again and again", sameGroup, 1, 1, people),
		// The first nine addresses that are missing are the last ones that are looked up: the tenth warning is about the organization.
		Entry("that is every group of everybody, and each address", everyGroup, 32+people+9, 1, people),
	)

	It("ORG-23 is indexed by what it names, not by how often", func() {
		Expect(memberKeys(sameGroup())).To(HaveLen(1))
		Expect(memberKeys(everyGroup())).To(HaveLen(10000))
	})
})

var _ = Describe("The admission of a user in 32 groups", func() {
	It("OPS-9 reads one of the workspaces that name a group, however many do, and none that is being deleted", func(ctx context.Context) {
		o, user := maxima.Organization(), maxima.Users(1, v1alpha1.RoleMember)[0]
		o.Spec.Settings.WorkspaceAssignment = v1alpha1.AssignmentRequired
		user.Spec.Workspaces = nil
		gone := maxima.Workspaces(101)[100]
		gone.DeletionTimestamp, gone.Spec.Members[0].Group = &gone.CreationTimestamp, "gone"
		cache := maxima.NewCache(ctx, AddIndexes, o, gone)
		maxima.AddAll(cache, maxima.Workspaces(100))
		reader := New(cache, effective.IntakeDomains{})
		facts := func() authz.Facts {
			GinkgoHelper()
			cache.Items = 0
			facts, err := reader.RequestFacts(ctx, authz.Request{Operation: authz.Create, New: user, Organization: maxima.Namespace}, "usher")
			Expect(err).NotTo(HaveOccurred())
			return facts
		}
		Expect(facts().Named).To(HaveKeyWithValue(effective.GroupKey(maxima.Name("group", 0)), true))
		Expect(cache.Items).To(Equal(1+maxima.Groups), "the organization, and a workspace of each group")
		user.Spec.Groups = []v1alpha1.ObjectName{"gone"}
		Expect(facts().Named).To(HaveKeyWithValue(effective.GroupKey("gone"), false))
	})
})

// BenchmarkMembers measures an admission and a watch handler at the API's maximum of 10,000 members, in an organization of 5,000 people
// who are all in 32 groups.
func BenchmarkMembers(b *testing.B) {
	reader := New(crowdOf(5000), effective.IntakeDomains{})
	for name, w := range map[string]*v1alpha1.Workspace{"same-group": sameGroup(), "every-group": everyGroup()} {
		b.Run("admission/"+name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := reader.MissingReferenceWarnings(b.Context(), w); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run("handler/"+name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := reader.UsersByMembers(b.Context(), "acme", w.Spec.Members); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
