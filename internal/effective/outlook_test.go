// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package effective_test

import (
	"fmt"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/testing/builders"
)

var _ = Describe("What a person has, or gets on accepting", func() {
	ready := func(b builders.WorkspaceBuilder, title string) *v1alpha1.Workspace {
		w := b.With(func(w *v1alpha1.Workspace) { w.Spec.DisplayName = v1alpha1.DisplayName(title) }).Obj()
		w.Status.Namespace = effective.NamespaceOf(w)
		return w
	}
	outlook := func(u builders.OrgUserBuilder, o *v1alpha1.Organization, workspaces ...*v1alpha1.Workspace) effective.Outlook {
		f := facts(u.Obj(), o, workspaces...)
		f.Workspaces = nil
		for _, w := range workspaces {
			if w.Status.Namespace == "" {
				f.NotReady = append(f.NotReady, w)
			} else {
				f.Workspaces = append(f.Workspaces, w)
			}
		}
		return effective.OutlookFor(f)
	}
	has := func(name, title string, access v1alpha1.WorkspaceAccess) effective.WorkspaceOutlook {
		return effective.WorkspaceOutlook{Name: name, Title: title, Namespace: "acme-" + name, Access: access}
	}
	own := ready(builders.Workspace("acme", "own"), "Zeta")
	named := ready(builders.Workspace("acme", "named").Member("luis@acme.example", asView).Group("night", asEdit), "Soporte")
	grouped := ready(builders.Workspace("acme", "grouped").Group("night", asAdmin), "")
	pending := builders.Workspace("acme", "pending").Member("luis@acme.example", asView).
		With(func(w *v1alpha1.Workspace) { w.Spec.DisplayName = "Almacén" }).Obj()
	invited := luis.Groups("night").Workspace("own", asView)

	It("ORG-22 ORG-23 LMI-9 comes from every source, and is the same before and after accepting", func() {
		expected := effective.Outlook{
			Role: member, Standing: effective.StandingInForce, Workspaces: []effective.WorkspaceOutlook{
				has("named", "Soporte", asEdit), has("own", "Zeta", asView), has("grouped", "grouped", asAdmin),
			},
		}
		Expect(outlook(invited, acme("ana"), own, named, grouped)).To(Equal(expected))
		Expect(outlook(invited.Existing(), acme("ana"), own, named, grouped)).To(Equal(expected))
	})

	It("says which workspaces are not ready, by their titles where they exist", func() {
		o := outlook(invited.Workspace("nowhere", asEdit), acme("ana"), own, pending)
		Expect(o.Standing).To(Equal(effective.StandingPartial))
		Expect(o.Workspaces).To(Equal([]effective.WorkspaceOutlook{
			has("own", "Zeta", asView), {Name: "pending", Title: "Almacén", Access: asView}, {Name: "nowhere", Title: "nowhere", Access: asEdit},
		}))
	})

	It("ORG-2 is access to all workspaces for an administrator, who is in the ledger or not yet", func() {
		for _, ledger := range [][]string{{"ana"}, {"luis"}} {
			o := outlook(luis.Role(orgAdmin), acme(ledger...), own, named)
			Expect(o).To(And(HaveField("AllWorkspaces", true), HaveField("Standing", effective.StandingInForce), HaveField("Role", orgAdmin)))
			Expect(o.Workspaces).To(ContainElement(has("named", "Soporte", asAdmin)))
		}
	})

	It("lists a few of many workspaces", func() {
		user := luis
		var workspaces []*v1alpha1.Workspace
		for n := range 13 {
			name := fmt.Sprintf("w%02d", n)
			user = user.Workspace(name, asView)
			workspaces = append(workspaces, ready(builders.Workspace("acme", name), ""))
		}
		shown, more := outlook(user, acme("ana"), workspaces...).Shown()
		Expect(shown).To(And(HaveLen(10), HaveExactElements(workspaceNames(0, 10)...)))
		Expect(more).To(Equal(3))
	})

	DescribeTable("stands", func(u builders.OrgUserBuilder, change func(*effective.UserFacts), standing effective.Standing) {
		o := builders.Organization("acme").Module("taken", 1).Module("free", 1).Obj()
		o.Status.Modules = []v1alpha1.ModuleStatus{{Name: "taken", Holders: []string{"eva"}}, {Name: "free"}}
		f := facts(u.Obj(), o, own)
		change(&f)
		Expect(effective.OutlookFor(f).Standing).To(Equal(standing))
	},
		Entry("in force", luis.Workspace("own", asView), asIs, effective.StandingInForce),
		Entry("in force with a seat that nobody holds", luis.Workspace("own", asView).Modules("free"), asIs, effective.StandingInForce),
		Entry("GTA-11 partial without a free seat", luis.Workspace("own", asView).Modules("taken"), asIs, effective.StandingPartial),
		Entry("partial with a module that nobody has bought", luis.Workspace("own", asView).Modules("none"), asIs, effective.StandingPartial),
		Entry("without a workspace, for a role that needs one", luis, asIs, effective.StandingNoWorkspace),
		Entry("without a workspace that is ready", luis.Workspace("nowhere", asView), asIs, effective.StandingNoWorkspace),
		Entry("in force without a workspace, for a role that needs none", luis.Role(technician), asIs, effective.StandingInForce),
		Entry("GTA-5 without a workspace, if the organization requires one", luis.Role(technician), func(f *effective.UserFacts) {
			f.Organization.Spec.Settings.WorkspaceAssignment = v1alpha1.AssignmentRequired
		}, effective.StandingNoWorkspace),
		Entry("NOV-7 in force without anything but notifications", luis.Role(notifications), asIs, effective.StandingInForce),
		Entry("NOV-13 suspended, whatever it has", luis.Workspace("own", asView).Suspended(), asIs, effective.StandingSuspended),
		Entry("ORG-28 waiting while another account has the address", luis.Workspace("own", asView),
			func(f *effective.UserFacts) { f.AddressOwner = "eva" }, effective.StandingWaiting),
		Entry("waiting while another account has the user name", luis.Workspace("own", asView),
			func(f *effective.UserFacts) { f.UsernameOwner = "eva" }, effective.StandingWaiting),
		Entry("waiting while there is no room for another administrator", luis.Role(orgAdmin), func(f *effective.UserFacts) {
			for n := range effective.MaxAdministrators {
				f.Organization.Status.Administrators = append(f.Organization.Status.Administrators, fmt.Sprintf("a%d", n))
			}
		}, effective.StandingWaiting),
	)

	It("NOV-13 lists what a suspended person gets back, and which modules wait for a seat", func() {
		o := acme("ana")
		o.Spec.Subscription.Modules = builders.Organization("acme").Module("taken", 1).Module("free", 1).Obj().Spec.Subscription.Modules
		o.Status.Modules = []v1alpha1.ModuleStatus{{Name: "taken", Holders: []string{"eva"}}}
		Expect(outlook(invited.Modules("taken", "free").Suspended(), o, own)).To(Equal(effective.Outlook{
			Role: member, Standing: effective.StandingSuspended, Workspaces: []effective.WorkspaceOutlook{has("own", "Zeta", asView)},
			Modules: []string{"free"}, AwaitingSeats: []string{"taken"},
		}))
	})
})

func asIs(*effective.UserFacts) {}

// workspaceNames matches the names of generated workspaces.
func workspaceNames(from, to int) []any {
	var all []any
	for n := from; n < to; n++ {
		all = append(all, HaveField("Name", fmt.Sprintf("w%02d", n)))
	}
	return all
}
