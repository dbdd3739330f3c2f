// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package lookup

import (
	"context"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/testing/builders"
)

// owned returns a workspace that has its namespace.
func owned(b builders.WorkspaceBuilder) *v1alpha1.Workspace {
	w := b.Obj()
	w.Status.Namespace = effective.NamespaceOf(w)
	return w
}

func clusterRole(name string, labels map[string]string) *rbacv1.ClusterRole {
	return &rbacv1.ClusterRole{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: labels}}
}

var _ = Describe("The workspaces that concern a user", func() {
	const view, edit, admin = v1alpha1.WorkspaceView, v1alpha1.WorkspaceEdit, v1alpha1.WorkspaceAdmin
	going := owned(builders.Workspace("acme", "going").Member("luis@acme.example", view))
	going.DeletionTimestamp, going.Finalizers = ptr.To(metav1.Now()), []string{v1alpha1.Finalizer}
	workspaces := []client.Object{
		owned(builders.Workspace("acme", "requested")),
		owned(builders.Workspace("acme", "named").Member("LUIS@acme.example", view).Member("eva@acme.example", admin)),
		owned(builders.Workspace("acme", "grouped").Group("night", edit).Group("day", admin)),
		owned(builders.Workspace("acme", "both").Member("luis@acme.example", edit).Group("night", admin)),
		owned(builders.Workspace("acme", "others").Member("eva@acme.example", admin).Group("day", admin)),
		owned(builders.Workspace("other", "elsewhere").Member("luis@acme.example", admin).Group("night", admin)),
		builders.Workspace("acme", "coming").Member("luis@acme.example", view).Obj(),
	}
	luis := builders.OrgUser("acme", "luis").Groups("night").Workspace("requested", edit).Workspace("named", edit).Workspace("nowhere", view)
	gathered := func(ctx context.Context, u *v1alpha1.OrgUser, objects ...client.Object) (effective.UserFacts, []string) {
		GinkgoHelper()
		facts, err := holding(append(objects, workspaces...)...).UserFacts(ctx, u)
		Expect(err).NotTo(HaveOccurred())
		var names []string
		for _, w := range facts.Workspaces {
			names = append(names, w.Name)
		}
		return facts, names
	}
	member := func(access v1alpha1.WorkspaceAccess) v1alpha1.GrantOrigin {
		return v1alpha1.GrantOrigin{Source: v1alpha1.GrantedByMember, Access: access}
	}
	group := func(access v1alpha1.WorkspaceAccess) v1alpha1.GrantOrigin {
		return v1alpha1.GrantOrigin{Source: v1alpha1.GrantedByGroup, Group: "night", Access: access}
	}

	It("ORG-22 ORG-23 LMI-9 are those of the organization that the user requests or that name the user or one of the groups", func(ctx context.Context) {
		facts, names := gathered(ctx, luis.Obj(), acme("ana"))
		Expect(names).To(Equal([]string{"both", "grouped", "named", "requested"}))
		Expect(facts.Named).To(Equal(map[string][]v1alpha1.GrantOrigin{
			"both": {member(edit), group(admin)}, "grouped": {group(edit)}, "named": {member(view)}, "coming": {member(view)},
		}))
	})

	It("ORG-2 are all those of the organization for an administrator in force", func(ctx context.Context) {
		_, names := gathered(ctx, luis.Obj(), acme("luis"))
		Expect(names).To(Equal([]string{"both", "grouped", "named", "others", "requested"}))
	})

	It("exclude those being deleted, and are none for a user whom no workspace names", func(ctx context.Context) {
		reader := holding(acme("ana"), owned(builders.Workspace("acme", "stays")))
		Expect(reader.UserFacts(ctx, builders.OrgUser("acme", "kim").Obj())).To(And(HaveField("Workspaces", BeEmpty()), HaveField("Named", BeEmpty())))
		named, err := holding(acme(), going).named(ctx, "acme", []effective.MemberKey{effective.AddressKey("luis@acme.example")})
		Expect(err).NotTo(HaveOccurred())
		Expect(named).To(Equal(map[effective.MemberKey]bool{"address/luis@acme.example": false}))
	})

	It("exclude those with an entry that names both or neither and bypassed the webhooks", func(ctx context.Context) {
		reader := holding(acme("ana"), owned(builders.Workspace("acme", "unclear").With(func(w *v1alpha1.Workspace) {
			w.Spec.Members = []v1alpha1.WorkspaceMember{{Email: "luis@acme.example", Group: "night", Access: admin}, {Access: admin}}
		})))
		Expect(reader.UserFacts(ctx, luis.Obj())).To(And(HaveField("Workspaces", BeEmpty()), HaveField("Named", BeEmpty())))
	})

	It("GTA-5 are found by an address or a group that they name", func(ctx context.Context) {
		keys := []effective.MemberKey{effective.AddressKey("Luis@acme.example"), effective.GroupKey("night"), effective.GroupKey("dusk")}
		Expect(holding(workspaces...).named(ctx, "acme", keys)).To(Equal(
			map[effective.MemberKey]bool{"address/luis@acme.example": true, "group/night": true, "group/dusk": false}))
	})
})

var _ = Describe("GTA-10 The ClusterRoles of modules", func() {
	o := builders.Organization("acme").ModuleWithRole("desk", 1, "tickets").ModuleWithRole("fax", 1, "faxes").
		ModuleWithRole("more", 1, "tickets").ModuleWithRole("later", 1, "nowhere").Module("plain", 1).Obj()
	tickets, faxes := clusterRole("tickets", map[string]string{v1alpha1.LabelGrantable: "true"}), clusterRole("faxes", nil)
	states := effective.ClusterRoleStates{"tickets": effective.Grantable, "faxes": effective.NotGrantable}

	It("have a state according to their labels", func(ctx context.Context) {
		reader := holding(o, tickets, faxes)
		Expect(reader.ClusterRoles(ctx, o)).To(Equal(states))
		Expect(reader.UserFacts(ctx, builders.OrgUser("acme", "luis").Modules("desk").Obj())).To(HaveField("ClusterRoles", states))
		Expect(reader.RequestFacts(ctx, updating(o), "usher-system")).To(HaveField("ClusterRoles", states))
		Expect(reader.MissingReferenceWarnings(ctx, o)).To(HaveExactElements(
			`spec.subscription.modules[3].clusterRoleName: there is no ClusterRole "nowhere" yet`))
	})

	It("lead to the organizations that name them, and are not read for others", func(ctx context.Context) {
		reader := holding(o, builders.Organization("other").Module("desk", 1).Obj())
		Expect(reader.OrganizationsByClusterRole(ctx, "tickets")).To(ConsistOf(HaveField("Name", "acme")))
		Expect(reader.OrganizationsByClusterRole(ctx, "admin")).To(BeEmpty())
		Expect(reader.ClusterRoles(ctx, builders.Organization("other").Module("desk", 1).Obj())).To(BeNil())
	})
})
