// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/accesschange"
	"github.com/usher-operator/usher/internal/authz"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/notice"
	"github.com/usher-operator/usher/internal/testing/maxima"
)

// The largest statuses that Usher writes, on objects that are as large as the webhook allows. What is too large for etcd could not be
// written at all.
var _ = Describe("A status at its maxima", func() {
	var namespace string
	BeforeEach(func(ctx SpecContext) { namespace = env.Namespace(ctx, "size") })

	// put creates an object with a padding that makes it as large as the webhook allows, writes its status, and returns its size.
	put := func(ctx SpecContext, o client.Object, status func()) int {
		GinkgoHelper()
		o.SetNamespace(namespace)
		o.SetUID("")
		o.SetGeneration(0)
		o.SetCreationTimestamp(metav1.Time{})
		pad(o)
		Expect(env.Client.Create(ctx, o)).To(Succeed())
		before := o.DeepCopyObject().(client.Object) //nolint:forcetypeassert // a deep copy has its original's type
		status()
		Expect(env.Client.Status().Patch(ctx, o, client.MergeFrom(before), client.FieldOwner("usher"))).To(Succeed())
		data, err := json.Marshal(o)
		Expect(err).NotTo(HaveOccurred())
		AddReportEntry(fmt.Sprintf("%T", o), len(data)>>10)
		return len(data)
	}

	const etcd = 1536 << 10

	It("OPS-9 is written for an organization with its ledgers, groups, contacts and notices", func(ctx SpecContext) {
		o := maxima.Organization()
		o.Name = namespace
		Expect(put(ctx, o, func() {
			people := maxima.Users(10000, v1alpha1.RoleOrganizationAdmin)
			candidates := make([]effective.Candidate, 0, len(people))
			for _, u := range people {
				candidates = append(candidates, effective.CandidateOf(u))
			}
			for range 20 { // as many plans as it takes
				o.Status.Administrators = effective.NextLedger(o.Status.Administrators, candidates).Administrators
			}
			Expect(o.Status.Administrators).To(HaveLen(effective.MaxAdministrators))
			o.Status.Modules = effective.NextSeats(o, people)
			Expect(effective.WithheldModules(o)).NotTo(BeEmpty(), "full")
			for n := range effective.MaxGroups {
				o.Status.Groups = append(o.Status.Groups, v1alpha1.GroupStatus{
					Name: string(maxima.Name("group", n)), Users: ptr.To[int32](10000),
				})
			}
			o.Status.Contacts = contacts(o.Spec.Contacts)
			o.Status.Notices = notices(o.Spec.Contacts)
			o.Status.Conditions = conditions()
		})).To(BeNumerically("<", etcd))
	})

	It("OPS-9 is written for a workspace with its contacts and notices", func(ctx SpecContext) {
		w := maxima.Workspace()
		Expect(put(ctx, w, func() {
			w.Status.Contacts = contacts(w.Spec.Contacts)
			w.Status.Notices = notices(w.Spec.Contacts)
			w.Status.Conditions = conditions()
		})).To(BeNumerically("<", etcd))
	})

	It("OPS-9 is written for a user with access to more workspaces than fit", func(ctx SpecContext) {
		u := maxima.Users(1, v1alpha1.RoleMember)[0]
		var grants []v1alpha1.WorkspaceGrantStatus
		for n := range 10000 {
			g := v1alpha1.WorkspaceGrantStatus{Name: string(maxima.Name("workspace", n)), Access: v1alpha1.WorkspaceAdmin}
			for m := range maxima.Groups {
				g.Origins = append(g.Origins, v1alpha1.GrantOrigin{
					Source: v1alpha1.GrantedByGroup, Group: string(maxima.Name("group", m)), Access: v1alpha1.WorkspaceAdmin,
				})
			}
			grants = append(grants, g)
		}
		fitting, omitted := effective.FitGrants(grants)
		Expect(len(fitting)).To(And(BeNumerically(">", 1500), Equal(10000-omitted)))
		Expect(put(ctx, u, func() {
			u.Status.Workspaces, u.Status.Modules, u.Status.Conditions = fitting, u.Spec.Modules, conditions()
			u.Status.AccessChange = accessChange(u.Spec.Modules)
			for n := range effective.MaxGroupsOfUser {
				u.Status.Groups = append(u.Status.Groups, maxima.Name("group", n))
			}
		})).To(BeNumerically("<", etcd))
	})

	It("OPS-9 is written for a group that opens more workspaces than it lists", func(ctx SpecContext) {
		g := maxima.OrgGroup()
		Expect(put(ctx, g, func() {
			for n := range 1000 {
				g.Status.Workspaces = append(g.Status.Workspaces, v1alpha1.GroupGrantStatus{
					Name: string(maxima.Name("workspace", n)), Access: v1alpha1.WorkspaceAdmin,
				})
			}
			g.Status.IdentityGroup, g.Status.Conditions = string(g.Spec.IdentityGroup), conditions()
		})).To(BeNumerically("<", etcd))
	})

	It("OPS-9 is written for an invitation with all its recipients", func(ctx SpecContext) {
		i := maxima.Invitation(0)
		Expect(put(ctx, i, func() {
			now := &metav1.Time{Time: time.Now()}
			for n := range maxima.Recipients {
				r := maxima.Invitation(n + 1).Status.Recipients[n]
				r.Email = v1alpha1.EmailAddress(fmt.Sprintf("%s@%s.example", strings.Repeat("x", 60), strings.Repeat("company.", 6)+fmt.Sprint(n)))
				r.HeldBy, r.ObservedResend = "Invitation/"+i.Name, strings.Repeat("x", 64)
				r.ExpirationTime, r.AcceptanceTime = now, now
				r.Registration = &v1alpha1.Registration{
					DisplayName: v1alpha1.DisplayName(strings.Repeat("ñ", 128)), Phone: "+34600000001", Language: "es-ES",
				}
				r.Mail = &v1alpha1.MailStatus{
					Kind: v1alpha1.MailInvitation, State: v1alpha1.MailQueued, MessageID: "<" + strings.Repeat("x", 32) + "@usher.mail.company.example>",
					Attempts: 10, NextAttemptTime: now, LastError: strings.Repeat("x", 512), LastErrorScope: v1alpha1.MailScopeRecipient,
					MailboxFullTime: now,
				}
				i.Status.Recipients = append(i.Status.Recipients, r)
			}
			i.Status.Conditions = conditions()
		})).To(BeNumerically("<", etcd))
	})
})

// pad adds annotations until an object is as large as the webhook allows, as far as the API server allows them.
func pad(o client.Object) {
	annotations := map[string]string{}
	for n := range 255 {
		annotations[fmt.Sprintf("example.com/padding-%d", n)] = strings.Repeat("x", 1000)
		o.SetAnnotations(annotations)
		if violations := authz.CheckSize(o); len(violations) > 0 {
			delete(annotations, fmt.Sprintf("example.com/padding-%d", n))
			o.SetAnnotations(annotations)
			return
		}
	}
}

func contacts(requested []v1alpha1.Contact) []v1alpha1.ContactStatus {
	var all []v1alpha1.ContactStatus
	for _, c := range requested {
		all = append(all, v1alpha1.ContactStatus{
			Name: string(c.Name), Assignee: string(c.Assignee), ObservedAssignee: string(c.Assignee), AssigneeUID: strings.Repeat("x", 36),
		})
	}
	return all
}

// notices returns what as many contacts as possible are told, at worst.
func notices(contacts []v1alpha1.Contact) v1alpha1.NoticesStatus {
	p := notice.Plan{UID: "1", MailDomain: "usher.mail.company.example", Now: time.Now(), Request: "now", Schedule: notice.ScheduleOf(maxima.Organization())}
	p.Alerts, _ = notice.Destinations(contacts, v1alpha1.NotifyAlerts, nil)
	p.Reports, _ = notice.Destinations(contacts, v1alpha1.NotifyReports, nil)
	for n := range 100 {
		p.Causes = append(p.Causes, notice.Alert{
			Reason: v1alpha1.AlertInvitationUndeliverable, Subject: fmt.Sprintf("Invitation/%s/%s", maxima.Name("invitation", n), maxima.Email(n)),
		})
	}
	s, _ := p.Next(v1alpha1.NoticesStatus{})
	deliveries := [][]v1alpha1.NoticeDeliveryStatus{s.Report.Deliveries}
	for n := range s.Alerts {
		deliveries = append(deliveries, s.Alerts[n].Deliveries)
	}
	for _, all := range deliveries {
		for n := range all {
			all[n].Attempts, all[n].NextAttemptTime, all[n].LastError = 10, &metav1.Time{Time: time.Now()}, strings.Repeat("x", 200)
		}
	}
	return s
}

// accessChange returns as many changes to tell a person as a status lists.
func accessChange(modules []v1alpha1.ObjectName) *v1alpha1.AccessChangeStatus {
	now := metav1.Now()
	c := &v1alpha1.AccessChangeStatus{
		Since: &now, SentTime: &now, FormerRole: v1alpha1.RoleOrganizationAdmin, AddedModules: modules, RemovedModules: modules,
		Mail: &v1alpha1.MailStatus{
			Kind: v1alpha1.MailAccessChange, State: v1alpha1.MailQueued, MessageID: "<" + strings.Repeat("x", 32) + "@usher.mail.company.example>",
			Attempts: 10, NextAttemptTime: &now, LastError: strings.Repeat("x", 512), LastErrorScope: v1alpha1.MailScopeRecipient,
			MailboxFullTime: &now,
		},
	}
	for n := range accesschange.MaxWorkspaces {
		c.Workspaces = append(c.Workspaces, v1alpha1.FormerAccess{Name: string(maxima.Name("workspace", n)), Access: v1alpha1.WorkspaceAdmin})
	}
	return c
}

// conditions returns three conditions with the longest messages.
func conditions() []metav1.Condition {
	var all []metav1.Condition
	for _, t := range []string{v1alpha1.ConditionReady, v1alpha1.ConditionStalled, v1alpha1.ConditionAccepted} {
		all = append(all, metav1.Condition{
			Type: t, Status: metav1.ConditionTrue, Reason: "Failed", Message: strings.Repeat("x", 4100), LastTransitionTime: metav1.Now(),
		})
	}
	return all
}
