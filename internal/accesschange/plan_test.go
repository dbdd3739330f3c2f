// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package accesschange_test

import (
	"encoding/json"
	"fmt"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/accesschange"
	"github.com/usher-operator/usher/internal/delivery/attempt"
)

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// person is a status that passes and mails go over, with a clock.
type person struct {
	status v1alpha1.OrgUserStatus
	plan   accesschange.Plan
}

// newPerson returns a Member who was accepted long ago, with Edit in support and View in sales, and the module desk.
func newPerson() *person {
	p := &person{plan: accesschange.Plan{UID: "7b1d", Email: "luis@acme.example", MailDomain: "usher.example", Now: noon}}
	p.status.State, p.status.Role, p.status.Modules = v1alpha1.UserActive, v1alpha1.RoleMember, []v1alpha1.ObjectName{"desk"}
	p.status.Workspaces = grants("sales", "View", "support", "Edit")
	p.condition(v1alpha1.ConditionReady, metav1.ConditionTrue, 48*time.Hour)
	p.condition(v1alpha1.ConditionAccepted, metav1.ConditionTrue, 48*time.Hour)
	return p
}

func (p *person) condition(kind string, value metav1.ConditionStatus, ago time.Duration) {
	meta.RemoveStatusCondition(&p.status.Conditions, kind)
	meta.SetStatusCondition(&p.status.Conditions, metav1.Condition{
		Type: kind, Status: value, LastTransitionTime: metav1.NewTime(noon.Add(-ago)),
	})
}

// grants returns access to workspaces, each after its name.
func grants(namesAndAccess ...string) []v1alpha1.WorkspaceGrantStatus {
	var all []v1alpha1.WorkspaceGrantStatus
	for n := 0; n < len(namesAndAccess); n += 2 {
		all = append(all, v1alpha1.WorkspaceGrantStatus{Name: namesAndAccess[n], Access: v1alpha1.WorkspaceAccess(namesAndAccess[n+1])})
	}
	return all
}

// pass is a pass of the reconciler at a time after noon, in which the access changes.
func (p *person) pass(after time.Duration, change func(*v1alpha1.OrgUserStatus)) *v1alpha1.AccessChangeStatus {
	p.plan.Now = noon.Add(after)
	before := *p.status.DeepCopy()
	change(&p.status)
	p.status.AccessChange = p.plan.Next(&before, &p.status)
	return p.status.AccessChange
}

// send sends the mail at a time after noon, and returns what it says.
func (p *person) send(after time.Duration, result attempt.Result) accesschange.Summary {
	GinkgoHelper()
	Expect(accesschange.Queued(p.status.AccessChange)).To(BeTrue())
	said := accesschange.Summarize(&p.status)
	result.MessageID = p.status.AccessChange.Mail.MessageID
	accesschange.Record(&p.status, accesschange.Of(&p.status), result, noon.Add(after))
	return said
}

func (p *person) due() time.Duration { return p.status.AccessChange.Mail.NextAttemptTime.Sub(noon) }

func same(*v1alpha1.OrgUserStatus) {}

func role(r v1alpha1.Role) func(*v1alpha1.OrgUserStatus) {
	return func(s *v1alpha1.OrgUserStatus) { s.Role = r }
}

func workspaces(namesAndAccess ...string) func(*v1alpha1.OrgUserStatus) {
	return func(s *v1alpha1.OrgUserStatus) { s.Workspaces = grants(namesAndAccess...) }
}

func modules(names ...v1alpha1.ObjectName) func(*v1alpha1.OrgUserStatus) {
	return func(s *v1alpha1.OrgUserStatus) { s.Modules = names }
}

func all(changes ...func(*v1alpha1.OrgUserStatus)) func(*v1alpha1.OrgUserStatus) {
	return func(s *v1alpha1.OrgUserStatus) {
		for _, change := range changes {
			change(s)
		}
	}
}

// suspended is the status of a person without access, and away another one.
func suspended(s *v1alpha1.OrgUserStatus) {
	s.State, s.Role, s.Workspaces, s.Modules = v1alpha1.UserSuspended, "", nil, nil
}

// back returns the access of newPerson, with further changes.
func back(changes ...func(*v1alpha1.OrgUserStatus)) func(*v1alpha1.OrgUserStatus) {
	return func(s *v1alpha1.OrgUserStatus) {
		former := newPerson().status
		s.State, s.Role, s.Workspaces, s.Modules = former.State, former.Role, former.Workspaces, former.Modules
		all(changes...)(s)
	}
}

var _ = Describe("What a person is told of", func() {
	It("is nothing while nothing changes, whatever else does, so that an upgrade tells nobody and writes nothing", func() {
		p := newPerson()
		Expect(p.pass(0, func(s *v1alpha1.OrgUserStatus) {
			s.LastActive, s.Workspaces[0].Origins = "now", []v1alpha1.GrantOrigin{{Source: v1alpha1.GrantedByUser}}
		})).To(BeNil())
	})

	It("NOV-12 is what was added, removed and changed, in one mail an hour after the first change", func() {
		p := newPerson()
		p.pass(0, all(role(v1alpha1.RoleTechnician), workspaces("support", "Edit", "lab", "Admin")))
		p.pass(30*time.Minute, all(workspaces("support", "View", "lab", "Admin"), modules("phone")))
		Expect(p.due()).To(Equal(time.Hour))
		Expect(p.send(time.Hour, attempt.Result{})).To(Equal(accesschange.Summary{
			Role: v1alpha1.RoleTechnician, FormerRole: v1alpha1.RoleMember,
			Added:        []accesschange.Workspace{{Name: "lab", Access: v1alpha1.WorkspaceAdmin}},
			Changed:      []accesschange.Workspace{{Name: "support", Access: v1alpha1.WorkspaceView, Former: v1alpha1.WorkspaceEdit}},
			Removed:      []accesschange.Workspace{{Name: "sales", Former: v1alpha1.WorkspaceView}},
			AddedModules: []v1alpha1.ObjectName{"phone"}, RemovedModules: []v1alpha1.ObjectName{"desk"},
		}))
		told := p.status.AccessChange.DeepCopy()
		Expect(*told.Mail).To(And(HaveField("State", v1alpha1.MailSent), HaveField("Kind", v1alpha1.MailAccessChange), HaveField("Attempts", BeEquivalentTo(1))))
		Expect(p.pass(2*time.Hour, same)).To(Equal(told), "no further write")
	})

	It("is told at most once in a day", func() {
		p := newPerson()
		p.pass(0, modules())
		p.send(time.Hour, attempt.Result{})
		p.pass(2*time.Hour, role(v1alpha1.RoleTechnician))
		Expect(p.due()).To(Equal(25 * time.Hour))
		p.pass(20*time.Hour, modules("phone"))
		Expect(p.send(25*time.Hour, attempt.Result{})).To(And(HaveField("FormerRole", v1alpha1.RoleMember),
			HaveField("AddedModules", HaveExactElements(v1alpha1.ObjectName("phone"))), HaveField("RemovedModules", BeEmpty())))
		p.pass(80*time.Hour, modules())
		Expect(p.due()).To(Equal(81 * time.Hour))
	})

	It("is nothing when changes cancel each other", func() {
		p := newPerson()
		p.pass(0, all(role(v1alpha1.RoleTechnician), modules(), workspaces()))
		Expect(p.pass(59*time.Minute, back())).To(BeNil())

		p.pass(0, modules())
		p.send(time.Hour, attempt.Result{})
		p.pass(2*time.Hour, modules("desk"))
		Expect(p.pass(3*time.Hour, modules())).To(HaveValue(And(HaveField("Mail", BeNil()), HaveField("SentTime", Not(BeNil())))))
		p.pass(4*time.Hour, modules("desk"))
		Expect(p.due()).To(Equal(25*time.Hour), "the day counts from the mail that was sent")
		Expect(p.pass(30*time.Hour, modules())).To(BeNil(), "after a day nothing is left")
	})

	It("NOV-13 waits while a person is suspended, and is the difference once they are back", func() {
		p := newPerson()
		Expect(p.pass(0, suspended)).To(HaveValue(HaveField("Mail", BeNil())))
		Expect(p.pass(time.Hour, same)).To(HaveValue(HaveField("Since", BeNil())))
		p.pass(100*time.Hour, back(workspaces("support", "Admin"), modules()))
		Expect(p.due()).To(Equal(101 * time.Hour))
		Expect(p.send(101*time.Hour, attempt.Result{})).To(Equal(accesschange.Summary{
			Changed: []accesschange.Workspace{{Name: "support", Access: v1alpha1.WorkspaceAdmin, Former: v1alpha1.WorkspaceEdit}},
			Removed: []accesschange.Workspace{{Name: "sales", Former: v1alpha1.WorkspaceView}}, RemovedModules: []v1alpha1.ObjectName{"desk"},
		}))

		p = newPerson()
		p.pass(0, role(v1alpha1.RoleTechnician))
		Expect(p.pass(time.Minute, suspended).Mail).To(BeNil(), "a mail that is queued is not sent")
		Expect(p.pass(100*time.Hour, back())).To(BeNil(), "nothing differs")
	})

	DescribeTable("NOV-12 is not what comes into force when a person joins", func(ready, accepted metav1.ConditionStatus, ago time.Duration, tells bool) {
		p := newPerson()
		p.condition(v1alpha1.ConditionReady, ready, ago)
		p.condition(v1alpha1.ConditionAccepted, accepted, ago)
		Expect(accesschange.Queued(p.pass(0, modules("phone")))).To(Equal(tells))
	},
		Entry("until the person is Ready", metav1.ConditionFalse, metav1.ConditionTrue, time.Minute, false),
		Entry("but what comes later", metav1.ConditionTrue, metav1.ConditionTrue, time.Minute, true),
		Entry("or takes longer than an hour", metav1.ConditionFalse, metav1.ConditionTrue, time.Hour, true),
		Entry("and nothing to somebody who has not accepted", metav1.ConditionFalse, metav1.ConditionFalse, 48*time.Hour, false),
	)

	It("NOV-12 is not what an existing identity is taken over with, in whatever order objects are applied", func() {
		p := newPerson()
		p.plan.Known = noon
		Expect(p.pass(59*time.Minute, modules("phone"))).To(BeNil())
		Expect(accesschange.Queued(p.pass(time.Hour, modules("desk")))).To(BeTrue())
	})

	DescribeTable("NOV-12 is nothing about somebody who comes into force", func(former v1alpha1.OrgUserStatus) {
		p := newPerson()
		now := p.status
		former.Conditions = now.Conditions
		p.status = former
		Expect(p.pass(0, func(s *v1alpha1.OrgUserStatus) { *s = now })).To(BeNil())
	},
		Entry("by accepting", v1alpha1.OrgUserStatus{State: v1alpha1.UserPending}),
		Entry("as a new user who exists already", v1alpha1.OrgUserStatus{}),
		Entry("LMI-2 from a Limited account", v1alpha1.OrgUserStatus{State: v1alpha1.UserActive}),
		Entry("and was suspended when people were first told", v1alpha1.OrgUserStatus{State: v1alpha1.UserSuspended}),
	)

	It("ends when people are not told of changes", func() {
		p := newPerson()
		p.pass(0, modules())
		p.plan.Off = true
		Expect(p.pass(time.Minute, same)).To(BeNil())
		Expect(p.pass(2*time.Minute, role(v1alpha1.RoleTechnician))).To(BeNil())
		p.plan.Off = false
		Expect(p.pass(3*time.Minute, same)).To(BeNil(), "what was not told stays so")
	})

	It("ORG-3 is an administrator's role, not the workspaces that come with it", func() {
		p := newPerson()
		p.pass(0, all(role(v1alpha1.RoleOrganizationAdmin), workspaces("lab", "Admin", "sales", "Admin", "support", "Admin")))
		Expect(p.send(time.Hour, attempt.Result{})).To(Equal(accesschange.Summary{
			Role: v1alpha1.RoleOrganizationAdmin, FormerRole: v1alpha1.RoleMember, AllWorkspaces: true,
		}))
		Expect(p.pass(2*time.Hour, workspaces("sales", "Admin"))).To(HaveField("Mail.State", v1alpha1.MailSent), "nothing to tell")
		p.pass(30*time.Hour, all(role(v1alpha1.RoleMember), workspaces("support", "View")))
		Expect(p.send(31*time.Hour, attempt.Result{})).To(Equal(accesschange.Summary{
			Role: v1alpha1.RoleMember, FormerRole: v1alpha1.RoleOrganizationAdmin, ListsPresent: true,
			Present: []accesschange.Workspace{{Name: "support", Access: v1alpha1.WorkspaceView}},
		}))
	})

	It("ORG-4 is nothing while an administrator waits for the ledger", func() {
		p := newPerson()
		waiting := all(suspended, func(s *v1alpha1.OrgUserStatus) { s.State = v1alpha1.UserActive })
		Expect(p.pass(0, waiting).Mail).To(BeNil())
		p.pass(time.Minute, all(role(v1alpha1.RoleOrganizationAdmin), modules("desk")))
		Expect(p.send(time.Hour, attempt.Result{})).To(HaveField("FormerRole", v1alpha1.RoleMember))
	})

	It("OPS-9 takes little room, however many workspaces differ", func() {
		many := func(access string, n int) []string {
			var all []string
			for k := range n {
				all = append(all, fmt.Sprintf("workspace-%04d", k), access)
			}
			return all
		}
		p := newPerson()
		p.pass(0, workspaces(many("Edit", accesschange.MaxWorkspaces-2)...))
		Expect(p.status.AccessChange.Workspaces).To(HaveLen(accesschange.MaxWorkspaces))
		p.pass(time.Minute, workspaces(many("Edit", 10000)...))
		Expect(p.status.AccessChange).To(HaveValue(And(HaveField("Workspaces", BeEmpty()), HaveField("WorkspacesDigest", HaveLen(32)))))
		data, err := json.Marshal(p.status.AccessChange)
		Expect(err).NotTo(HaveOccurred())
		Expect(len(data)).To(BeNumerically("<", 512))
		Expect(accesschange.Summarize(&p.status)).To(HaveField("Present", HaveLen(10000)))
		Expect(p.pass(2*time.Minute, suspended)).To(HaveField("WorkspacesDigest", Not(BeEmpty())))
		Expect(p.pass(3*time.Minute, back())).To(BeNil(), "it is recognized all the same")
	})
})
