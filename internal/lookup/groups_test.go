// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package lookup

import (
	"context"
	"fmt"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/testing/builders"
)

var _ = Describe("An OrgGroup", func() {
	const view, edit = v1alpha1.WorkspaceView, v1alpha1.WorkspaceEdit
	luis := builders.OrgUser("acme", "luis").Groups("night").Obj()
	going := builders.OrgGroup("acme", "going").Members("luis@acme.example").Obj()
	going.DeletionTimestamp, going.Finalizers = ptr.To(metav1.Now()), []string{v1alpha1.Finalizer}

	It("DIR-5 opens its workspaces to those whom it lists, unless it is being deleted or of another organization", func(ctx context.Context) {
		facts, err := holding(acme("ana"), going,
			builders.OrgGroup("acme", "day").Members("LUIS@acme.example").Obj(),
			builders.OrgGroup("other", "elsewhere").Members("luis@acme.example").Obj(),
			owned(builders.Workspace("acme", "a").Group("day", edit).Group("night", view)),
			owned(builders.Workspace("acme", "b").Group("going", edit).Group("elsewhere", edit)),
		).UserFacts(ctx, luis.DeepCopy())
		Expect(err).NotTo(HaveOccurred())
		Expect(facts.Groups).To(Equal([]v1alpha1.ObjectName{"night", "day"}))
		Expect(facts.Named).To(HaveLen(1))
		Expect(facts.Named["a"]).To(ConsistOf(
			v1alpha1.GrantOrigin{Source: v1alpha1.GrantedByGroup, Group: "day", Access: edit},
			v1alpha1.GrantOrigin{Source: v1alpha1.GrantedByGroup, Group: "night", Access: view}))
	})

	It("DIR-5 follows the address in force, not the one that is requested", func(ctx context.Context) {
		u := luis.DeepCopy()
		u.Status.Email = "former@acme.example"
		facts, err := holding(acme("ana"), builders.OrgGroup("acme", "new").Members("luis@acme.example").Obj(),
			builders.OrgGroup("acme", "old").Members("former@acme.example").Obj()).UserFacts(ctx, u)
		Expect(err).NotTo(HaveOccurred())
		Expect(facts.Groups).To(Equal([]v1alpha1.ObjectName{"night", "old"}))
	})

	It("DIR-5 GTA-5 names those whom it lists where a workspace lists it", func(ctx context.Context) {
		key := effective.AddressKey("luis@acme.example")
		reader := holding(builders.OrgGroup("acme", "day").Members("luis@acme.example").Obj(),
			owned(builders.Workspace("acme", "a").Group("day", view)))
		Expect(reader.named(ctx, "acme", []effective.MemberKey{key, effective.GroupKey("night")})).To(Equal(
			map[effective.MemberKey]bool{key: true, effective.GroupKey("night"): false}))
	})

	It("DIR-5 finds those whom it lists, however many, by the address in force", func(ctx context.Context) {
		u := luis.DeepCopy()
		u.Status.Email = "former@acme.example"
		for _, others := range []int{0, 2 * maxMemberLookups} {
			group := builders.OrgGroup("acme", "day").Members("former@acme.example")
			for n := range others {
				group = group.Members(fmt.Sprintf("p%d@acme.example", n))
			}
			found, err := holding(u.DeepCopy(), group.Obj()).UsersByMembers(ctx, "acme", []v1alpha1.WorkspaceMember{{Group: "day", Access: view}})
			Expect(err).NotTo(HaveOccurred())
			Expect(found).To(HaveExactElements(HaveField("Name", "luis")), "%d others", others)
		}
	})

	It("DIR-5 that nobody is in is no missing group", func(ctx context.Context) {
		w := builders.Workspace("acme", "a").Group("day", view).Group("dusk", view).Obj()
		warnings, err := holding(acme("ana"), builders.OrgGroup("acme", "day").Obj()).MissingReferenceWarnings(ctx, w)
		Expect(err).NotTo(HaveOccurred())
		Expect(warnings).To(HaveExactElements(`spec.members: nobody is in the group "dusk" yet`))
	})

	It("DIR-5 warns of addresses that no user has, and of what still names it when it is deleted", func(ctx context.Context) {
		group := builders.OrgGroup("acme", "day").Members("luis@acme.example", "new@acme.example").Obj()
		reader := holding(acme("ana"), luis.DeepCopy(), owned(builders.Workspace("acme", "a").Group("day", view)))
		Expect(reader.MissingReferenceWarnings(ctx, group)).To(HaveExactElements("spec.members: there is no user with the address new@acme.example yet"))
		Expect(reader.DeletionWarnings(ctx, group)).To(HaveExactElements(HavePrefix("spec.members of workspaces still names the group: a.")))
		Expect(reader.DeletionWarnings(ctx, builders.OrgGroup("acme", "free").Obj())).To(BeEmpty())
	})

	It("DIR-5 DIR-6 goes on listing the address of a user who is deleted or changes it, which a warning says", func(ctx context.Context) {
		u := builders.OrgUser("acme", "luis").Existing().Obj()
		u.Status.Email = "former@acme.example"
		reader := holding(acme("ana"), u.DeepCopy(), builders.OrgGroup("acme", "day").Members("former@acme.example").Obj())
		Expect(reader.DeletionWarnings(ctx, u)).To(ContainElement(HavePrefix("spec.members of OrgGroups still names former@acme.example: day.")))
		Expect(reader.MissingReferenceWarnings(ctx, u)).To(ContainElement(
			`spec.email: OrgGroup "day" lists former@acme.example, which does not follow: list luis@acme.example there as well`))
	})

	It("DIR-6 does not warn about groups of a directory, which follow", func(ctx context.Context) {
		u := builders.OrgUser("acme", "luis").Existing().Obj()
		u.Status.Email = "former@acme.example"
		kept := builders.OrgGroup("acme", "day").Members("former@acme.example").Obj()
		kept.Labels = map[string]string{v1alpha1.LabelOrigin: v1alpha1.OriginDirectory}
		reader := holding(acme("ana"), u.DeepCopy(), kept)
		Expect(reader.DeletionWarnings(ctx, u)).NotTo(ContainElement(ContainSubstring("OrgGroup")))
		Expect(reader.MissingReferenceWarnings(ctx, u)).NotTo(ContainElement(ContainSubstring("OrgGroup")))
	})
})
