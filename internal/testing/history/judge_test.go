// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package history

import (
	"slices"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/serializer/protobuf"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
)

const (
	member        = v1alpha1.RoleMember
	administrator = v1alpha1.RoleOrganizationAdmin
)

// example is a history that breaks a rule, and one that is like it and keeps all.
type example struct {
	rule          string
	breaks, keeps func(*scene)
}

var examples = []example{
	{
		rule:   "ORG-4 the list of administrators in force is never empty once it has named somebody",
		breaks: func(s *scene) { s.put(active("ana", administrator), organization("ana"), organization()) },
		keeps: func(s *scene) {
			gone := organization()
			gone.DeletionTimestamp, gone.Finalizers = &metav1.Time{Time: time.Unix(1, 0)}, []string{v1alpha1.Finalizer}
			s.put(active("ana", administrator), organization(), organization("ana"), gone)
		},
	},
	{
		rule: "ORG-4 whoever the list of administrators names exists",
		breaks: func(s *scene) {
			s.put(active("ana", administrator), organization("ana"))
			s.drop(active("ana", member))
		},
		keeps: func(s *scene) {
			s.put(active("ana", administrator), active("bea", administrator), organization("ana", "bea"), organization("bea"))
			s.drop(active("ana", administrator))
		},
	},
	{
		rule:   "ORG-4 an administrator's role is always in force once it was",
		breaks: func(s *scene) { s.put(organization(), active("ana", administrator), suspended("ana")) },
		keeps: func(s *scene) {
			s.put(organization(), active("ana", administrator), active("bea", administrator), suspended("ana"))
		},
	},
	{
		rule:   "GTA-11 no more seats are taken than were bought, and none changes hands before its holder has left",
		breaks: func(s *scene) { s.put(seated([]string{"ana"}, nil), seated([]string{"bea"}, nil)) },
		keeps: func(s *scene) {
			s.put(seated([]string{"ana"}, nil), seated(nil, []string{"ana"}), seated([]string{"bea"}, nil))
		},
	},
	{
		rule:   "GTA-11 no more seats are taken than were bought, and none changes hands before its holder has left",
		breaks: func(s *scene) { s.put(seated([]string{"ana"}, nil), seated([]string{"ana", "bea"}, nil)) },
		keeps: func(s *scene) {
			fewer := seated([]string{"ana"}, nil)
			fewer.Spec.Subscription.Modules[0].Seats = new(int32)
			s.put(seated([]string{"ana"}, nil), fewer)
		},
	},
	{
		rule: "GTA-11 a module is in force for those only who have its seat",
		breaks: func(s *scene) {
			ana := active("ana", member)
			ana.Status.Modules = []v1alpha1.ObjectName{"support"}
			s.put(seated(nil, nil), ana)
		},
		keeps: func(s *scene) {
			ana := active("ana", member)
			ana.Status.Modules = []v1alpha1.ObjectName{"support"}
			s.put(seated([]string{"ana"}, nil), ana, seated(nil, []string{"ana"}))
		},
	},
	{
		rule: "ORG-28 an address belongs to one active account of an organization",
		breaks: func(s *scene) {
			other := active("bea", member)
			other.Spec.Email = "Ana@ACME.example"
			s.put(organization(), active("ana", member), other)
		},
		keeps: func(s *scene) {
			other := suspended("bea")
			other.Spec.Email = "ana@acme.example"
			s.put(organization(), active("ana", member), other)
		},
	},
	{
		rule: "GTA-9 a user name belongs to one active account of an organization",
		breaks: func(s *scene) {
			other := active("bea", member)
			other.Status.Username = "ana"
			s.put(organization(), active("ana", member), other)
		},
		keeps: func(s *scene) { s.put(organization(), active("ana", member), active("bea", member)) },
	},
	{
		rule:   "WXP-3 an organization invites one primary administrator by itself",
		breaks: func(s *scene) { s.put(organization(), primary("ana"), primary("ana-2")) },
		keeps:  func(s *scene) { s.put(organization(), primary("ana")); s.drop(primary("ana")); s.put(primary("ana-2")) },
	},
	{
		rule:   "ORG-14 NOV-12 GTA-10 access is given to those only whose status names it, and only where",
		breaks: func(s *scene) { s.put(organization(), active("ana", member), binding("ana", "lab")) },
		keeps: func(s *scene) {
			s.put(organization(), active("ana", ""), active("ana", "", "lab"), binding("ana", "lab"))
		},
	},
	{
		rule: "ORG-14 NOV-12 GTA-10 access is given to those only whose status names it, and only where",
		breaks: func(s *scene) {
			b := binding("ana", "")
			b.Subjects[0].Name = "somebody else"
			s.put(organization(), builderPending("ana"), b)
			s.drop(b)
		},
		// It was named before, and is revoked: the request was late.
		keeps: func(s *scene) {
			s.put(organization(), active("ana", member), suspended("ana"), binding("ana", ""))
			s.drop(binding("ana", ""))
		},
	},
	{
		rule: "ORG-26 NOV-13 a status stops naming access, and a user is gone, only after the access is gone",
		breaks: func(s *scene) {
			s.put(organization(), active("ana", member), binding("ana", ""), suspended("ana"))
			s.drop(binding("ana", ""))
		},
		keeps: func(s *scene) {
			s.put(organization(), active("ana", member), binding("ana", ""))
			s.drop(binding("ana", ""))
			s.put(suspended("ana"))
		},
	},
	{
		rule: "ORG-26 NOV-13 a status stops naming access, and a user is gone, only after the access is gone",
		breaks: func(s *scene) {
			s.put(organization(), active("ana", member), binding("ana", ""))
			s.drop(active("ana", member))
			s.drop(binding("ana", ""))
		},
		keeps: func(s *scene) {
			s.put(organization(), active("ana", member), binding("ana", ""))
			s.drop(binding("ana", ""))
			s.drop(active("ana", member))
		},
	},
	{
		rule: "WXP-5 access is given in namespaces of the organization only",
		breaks: func(s *scene) {
			foreign := namespace("acme-lab")
			foreign.Labels = nil
			s.put(organization(), foreign, active("ana", "", "lab"), binding("ana", "lab"))
		},
		keeps: func(s *scene) {
			s.put(organization(), namespace("acme-lab"), active("ana", "", "lab"), binding("ana", "lab"))
		},
	},
	{
		rule:   "ORG-26 in the end everybody has the access that the status names, and nothing of what was deleted is left",
		breaks: func(s *scene) { s.put(organization(), active("ana", member)) },
		keeps:  func(s *scene) { s.put(organization(), active("ana", member), binding("ana", "")) },
	},
	{
		rule:   "ORG-26 in the end everybody has the access that the status names, and nothing of what was deleted is left",
		breaks: func(s *scene) { s.put(namespace(org), organization(), active("ana", member)) },
		// Kubernetes has left the objects behind.
		keeps: func(s *scene) {
			s.put(namespace(org), organization(), active("ana", member))
			s.drop(namespace(org))
		},
	},
	{
		rule: "ORG-26 in the end everybody has the access that the status names, and nothing of what was deleted is left",
		breaks: func(s *scene) {
			s.put(organization(), active("ana", member), binding("ana", ""))
			s.drop(organization())
			s.drop(active("ana", member))
		},
		keeps: func(s *scene) {
			s.put(organization(), active("ana", member), binding("ana", ""))
			s.drop(organization())
			s.drop(active("ana", member))
			s.drop(binding("ana", ""))
		},
	},
	{
		rule:   "NOV-9 NOV-11 the state of an invited person changes along the table of transitions only",
		breaks: func(s *scene) { s.put(invited("Pending"), invited("Registered")) },
		keeps: func(s *scene) {
			s.put(invited("Pending"), invited("Invited"), invited("Registered", registered), invited("Active", registered))
		},
	},
	{
		rule:   "ORG-21 NOV-12 an invited person becomes active only after accepting",
		breaks: func(s *scene) { s.put(organization(), invited("Invited"), onboarded("luis")) },
		keeps:  func(s *scene) { s.put(organization(), invited("Active"), onboarded("luis")) },
	},
	{
		rule: "NOV-10 the link of one mail is accepted at most once",
		breaks: func(s *scene) {
			s.put(invited("Invited"), invited("Registered", registered), invited("Expired"), invited("Invited"), invited("Registered", registered))
		},
		keeps: func(s *scene) {
			again := func(r *v1alpha1.RecipientStatus) { r.SendCount = 2 }
			s.put(invited("Invited"), invited("Registered", registered), invited("Expired"), invited("Invited", again),
				invited("Registered", registered, again))
		},
	},
	{
		rule:   "ORG-26 NOV-13 a user who was active does not become pending, and who is being removed does not return",
		breaks: func(s *scene) { s.put(active("ana", ""), builderPending("ana")) },
		keeps:  func(s *scene) { s.put(builderPending("ana"), active("ana", ""), suspended("ana"), active("ana", "")) },
	},
	{
		rule: "WXP-4 WXP-7 one mail of one sending has one Message-ID, and a mail that was sent stays sent",
		breaks: func(s *scene) {
			s.put(invited("Invited", mailed("1", v1alpha1.MailQueued)), invited("Invited", mailed("2", v1alpha1.MailSent)))
			s.facts.Mails = []Mail{to("2")}
		},
		keeps: func(s *scene) {
			s.put(invited("Invited", mailed("1", v1alpha1.MailQueued)), invited("Invited", mailed("1", v1alpha1.MailSent)))
			s.facts.Mails = []Mail{to("1")}
		},
	},
	{
		rule:   "ORG-20 each mail that a status calls sent arrived, and no other mail arrived",
		breaks: func(s *scene) { s.put(invited("Invited", mailed("1", v1alpha1.MailSent))) },
		keeps: func(s *scene) {
			s.put(invited("Invited", mailed("1", v1alpha1.MailSent)))
			s.facts.Mails = []Mail{to("1")}
		},
	},
	{
		rule:   "ORG-20 each mail that a status calls sent arrived, and no other mail arrived",
		breaks: func(s *scene) { s.facts.Mails = []Mail{to("1")} },
		// It was replaced before it was recorded.
		keeps: func(s *scene) {
			s.put(invited("Invited", mailed("1", v1alpha1.MailQueued)), invited("Revoked"))
			s.facts.Mails = []Mail{to("1")}
		},
	},
	{
		rule: "ORG-20 a mail has one recipient and one link, and comes again only after an interruption",
		breaks: func(s *scene) {
			s.put(invited("Invited", mailed("1", v1alpha1.MailSent)))
			s.facts.Mails = []Mail{to("1"), to("1")}
		},
		keeps: func(s *scene) {
			s.put(invited("Invited", mailed("1", v1alpha1.MailSent)))
			s.facts = Facts{Mails: []Mail{to("1"), to("1")}, Interruptions: 1}
		},
	},
	{
		rule:   "ORG-20 in the end no mail is queued",
		breaks: func(s *scene) { s.put(invited("Invited", mailed("1", v1alpha1.MailQueued))) },
		keeps:  func(s *scene) { s.put(invited("Invited", mailed("1", v1alpha1.MailQueued)), invited("Expired")) },
	},
	{
		rule: "DIR-3 Usher writes no spec of what people declare",
		breaks: func(s *scene) {
			s.put(owned("usher"))
		},
		keeps: func(s *scene) { s.put(owned("argocd")) },
	},
}

func primary(name string) *v1alpha1.OrgUser {
	u := active(name, "")
	u.Labels = map[string]string{v1alpha1.LabelBootstrap: "true"}
	return u
}

func builderPending(name string) *v1alpha1.OrgUser {
	u := active(name, "")
	u.Status.State = v1alpha1.UserPending
	return u
}

func onboarded(name string) *v1alpha1.OrgUser {
	u := active(name, "")
	u.Spec.Onboarding = v1alpha1.OnboardingInvite
	return u
}

func owned(manager string) *v1alpha1.OrgUser {
	u := active("ana", "")
	u.ManagedFields = []metav1.ManagedFieldsEntry{{Manager: manager, FieldsV1: metav1.NewFieldsV1(`{"f:spec":{"f:role":{}}}`)}}
	return u
}

func to(id string) Mail { return Mail{MessageID: id, To: []string{"luis@acme.example"}} }

var _ = Describe("A judge", func() {
	for n, e := range examples {
		It("finds what breaks the rule and nothing else: "+e.rule, func() {
			var broken, kept scene
			e.breaks(&broken)
			e.keeps(&kept)
			rule := Rules()[slices.IndexFunc(Rules(), func(r Rule) bool { return r.String() == e.rule })]
			ends := rule.end != nil
			Expect(broken.violations(ends)).To(And(HaveEach(e.rule), Not(BeEmpty())), "example %d", n)
			Expect(kept.violations(ends)).To(BeEmpty(), "example %d", n)
		})
	}

	It("has an example of every rule", func() {
		for _, r := range Rules() {
			Expect(slices.ContainsFunc(examples, func(e example) bool { return e.rule == r.String() })).To(BeTrue(), r.String())
		}
	})

	It("tells the revisions around a violation, those of its organization only", func() {
		var s scene
		other := active("eve", "")
		other.Namespace = "other"
		s.put(active("ana", administrator), organization("ana"), other, organization(), other, organization("ana"))
		j := NewJudge()
		for _, r := range s.revisions {
			Expect(j.Add(r)).To(Succeed())
		}
		found := j.Violations()
		Expect(found).To(HaveLen(1))
		Expect(found[0].Revision).To(BeEquivalentTo(4))
		Expect(found[0].Around).To(HaveExactElements(ContainSubstring("1 accounts.usher.dev/orgusers/acme/ana created"),
			HavePrefix("2 "), HavePrefix("4 "), HavePrefix("6 ")))
	})

	It("reads what the API server stores in protobuf", func() {
		serializer := protobuf.NewSerializer(nil, nil)
		b := binding("ana", "")
		b.TypeMeta = metav1.TypeMeta{APIVersion: "rbac.authorization.k8s.io/v1", Kind: "RoleBinding"}
		var raw writer
		Expect(serializer.Encode(b, &raw)).To(Succeed())
		object, err := Revision{Number: 1, Key: "/registry/rolebindings/acme/x", Value: raw}.object()
		Expect(err).NotTo(HaveOccurred())
		Expect(object).To(HaveField("RoleRef", b.RoleRef))
		Expect(client.ObjectKeyFromObject(object)).To(Equal(client.ObjectKeyFromObject(b)))
	})

	It("refuses revisions that are out of order", func() {
		var s scene
		s.put(organization(), organization())
		j := NewJudge()
		Expect(j.Add(s.revisions[1])).To(Succeed())
		Expect(j.Add(s.revisions[0])).To(MatchError(ContainSubstring("revision 1 comes after revision 2")))
	})
})

type writer []byte

func (w *writer) Write(p []byte) (int, error) {
	*w = append(*w, p...)
	return len(p), nil
}
