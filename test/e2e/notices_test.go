// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/csv"
	"io"
	"mime"
	"mime/multipart"
	"net/mail"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/testing/builders"
	"github.com/usher-operator/usher/internal/testing/mailbox"
)

// toContact returns a contact with these methods that gets all notifications.
func toContact(name string, methods ...v1alpha1.ContactMethod) v1alpha1.Contact {
	return v1alpha1.Contact{
		Name: v1alpha1.DisplayName(name), Methods: methods, Notify: []v1alpha1.Notification{v1alpha1.NotifyAlerts, v1alpha1.NotifyReports},
	}
}

func byMail(address string) v1alpha1.ContactMethod {
	return v1alpha1.ContactMethod{Type: v1alpha1.MethodEmail, Value: address}
}

func bySMS(number string) v1alpha1.ContactMethod {
	return v1alpha1.ContactMethod{Type: v1alpha1.MethodSMS, Value: number}
}

// organizationWithContacts creates an organization with contacts.
func organizationWithContacts(ctx context.Context, contacts ...v1alpha1.Contact) (org string, o *v1alpha1.Organization) {
	GinkgoHelper()
	org = organization(ctx, english, func(o *v1alpha1.Organization) {
		for _, c := range contacts {
			for n := range c.Methods {
				c.Methods[n].Value = strings.ReplaceAll(c.Methods[n].Value, "@org", "@"+o.Name+".example")
			}
			o.Spec.Contacts = append(o.Spec.Contacts, c)
		}
	})
	o = &v1alpha1.Organization{}
	o.Name, o.Namespace = org, org
	return org, o
}

// notices returns the notices to the contacts of an Organization or Workspace.
func notices(o client.Object) v1alpha1.NoticesStatus {
	if w, is := o.(*v1alpha1.Workspace); is {
		return w.Status.Notices
	}
	return o.(*v1alpha1.Organization).Status.Notices //nolint:forcetypeassert // only two kinds have contacts
}

// haveOpenAlerts matches the open alerts of an Organization or Workspace.
func haveOpenAlerts(alerts ...OmegaMatcher) OmegaMatcher {
	return WithTransform(func(o client.Object) []v1alpha1.AlertStatus { return notices(o).Alerts }, ConsistOf(toAny(alerts)...))
}

func toAny(matchers []OmegaMatcher) []any {
	all := make([]any, 0, len(matchers))
	for _, m := range matchers {
		all = append(all, m)
	}
	return all
}

func alert(id int64, reason v1alpha1.AlertReason, subject string, deliveries ...v1alpha1.NoticeState) OmegaMatcher {
	states := make([]any, 0, len(deliveries))
	for _, s := range deliveries {
		states = append(states, HaveField("State", s))
	}
	return And(HaveField("ID", id), HaveField("Reason", reason), HaveField("Subject", subject), HaveField("Deliveries", HaveExactElements(states...)))
}

// subjectsTo returns a function that returns the subjects of the mails to an address, in order of arrival.
func subjectsTo(address string) func() []string {
	return func() []string {
		subjects := []string{}
		for _, m := range mailsTo(address) {
			subjects = append(subjects, m.Subject)
		}
		return subjects
	}
}

// attached returns the table that is attached to a mail.
func attached(m mailbox.Message) [][]string {
	GinkgoHelper()
	parsed, err := mail.ReadMessage(bytes.NewReader(m.Raw))
	Expect(err).NotTo(HaveOccurred())
	kind, parameters, err := mime.ParseMediaType(parsed.Header.Get("Content-Type"))
	Expect(err).NotTo(HaveOccurred())
	Expect(kind).To(Equal("multipart/mixed"))
	for parts := multipart.NewReader(parsed.Body, parameters["boundary"]); ; {
		part, err := parts.NextPart()
		Expect(err).NotTo(HaveOccurred(), "there is no table")
		if part.FileName() != "report.csv" {
			continue
		}
		Expect(part.Header.Get("Content-Type")).To(HavePrefix("text/csv; charset=utf-8"))
		Expect(part.Header.Get("Content-Disposition")).To(HavePrefix("attachment"))
		raw, err := io.ReadAll(base64.NewDecoder(base64.StdEncoding, part))
		Expect(err).NotTo(HaveOccurred())
		rows, err := csv.NewReader(bytes.NewReader(raw)).ReadAll()
		Expect(err).NotTo(HaveOccurred())
		return rows
	}
}

var _ = Describe("Contacts", func() {
	BeforeEach(func() { DeferCleanup(func() { box.SetTrouble(mailbox.None{}) }) })

	refuse := func(bad string) {
		box.SetTrouble(mailbox.RefuseRecipients(func(to string) error {
			if to == bad {
				return noSuchUser
			}
			return nil
		}))
	}

	It("GTA-12 are told once that an invitation cannot be delivered, and again when it happens again", func(ctx context.Context) {
		org, o := organizationWithContacts(ctx, toContact("Service desk", byMail("desk@org")), toContact("The same desk", byMail("DESK@org")))
		desk, bad := "desk@"+org+".example", "gone@"+org+".example"
		refuse(bad)
		i := builders.Invitation(org, "team", bad).Obj()
		create(ctx, i)
		subject := "Invitation/team/" + bad
		Eventually(get(ctx, o)).Should(haveOpenAlerts(alert(1, v1alpha1.AlertInvitationUndeliverable, subject, v1alpha1.NoticeSent)))
		told := "Acme: the invitation to " + bad + " could not be delivered"
		Expect(subjectsTo(desk)()).To(Equal([]string{told}))
		first := mailsTo(desk)[0]
		Expect(first.MessageID).To(Equal(o.Status.Notices.Alerts[0].Deliveries[0].MessageID))
		Expect(first.Text).To(And(ContainSubstring("Hello Service desk,"), ContainSubstring("Invitation: team"),
			MatchRegexp("Reason: .*550 5.1.1 no such user")))

		By("changing something irrelevant")
		edit(ctx, i, func(i *v1alpha1.Invitation) { i.Labels = map[string]string{"touched": "yes"} })
		settle(ctx)
		version := get(ctx, o)(Default).ResourceVersion
		settle(ctx)
		Expect(get(ctx, o)(Default).ResourceVersion).To(Equal(version), "an unchanged alert is not written again")
		Expect(subjectsTo(desk)()).To(HaveLen(1))

		By("adding a contact")
		night := "night@" + org + ".example"
		edit(ctx, o, func(o *v1alpha1.Organization) {
			o.Spec.Contacts = append(o.Spec.Contacts, toContact("Night", byMail(night)))
		})
		Eventually(subjectsTo(night)).Should(Equal([]string{told}))

		By("delivering the invitation")
		box.SetTrouble(mailbox.None{})
		resend(ctx, i, "1")
		Eventually(get(ctx, o)).Should(haveOpenAlerts())

		By("refusing it again")
		refuse(bad)
		resend(ctx, i, "2")
		Eventually(get(ctx, o)).Should(haveOpenAlerts(alert(2, v1alpha1.AlertInvitationUndeliverable, subject, v1alpha1.NoticeSent, v1alpha1.NoticeSent)))
		Expect(subjectsTo(desk)()).To(Equal([]string{told, told}))
		Expect(mailsTo(desk)[1].MessageID).NotTo(Equal(first.MessageID))
	})

	It("GTA-11 GTA-12 GTA-13 are told that no seat is left; those of a workspace are told if its users wait for one", func(ctx context.Context) {
		org, o := organizationWithContacts(ctx, toContact("Desk", byMail("desk@org"), bySMS("+34600000009")))
		desk, guardia := "desk@"+org+".example", "guardia@"+org+".example"
		edit(ctx, o, func(o *v1alpha1.Organization) {
			o.Spec.Subscription = builders.Organization(org).Module("remote-support", 1).Obj().Spec.Subscription
		})
		w := builders.Workspace(org, "support").With(func(w *v1alpha1.Workspace) {
			w.Spec.DisplayName, w.Spec.Settings.Language = "Soporte", "es"
			w.Spec.Contacts = []v1alpha1.Contact{toContact("Guardia", byMail(guardia), byMail(desk))}
		}).Obj()
		create(ctx, w, builders.OrgUser(org, "kim").Existing().Modules("remote-support").Obj())
		Eventually(get(ctx, o)).Should(haveOpenAlerts(
			alert(1, v1alpha1.AlertSeatsExhausted, "remote-support", v1alpha1.NoticeSent, v1alpha1.NoticeNoGateway)))
		Expect(mailsTo(desk)[0].Text).To(And(ContainSubstring("All seats that Acme has for the module remote-support are taken."),
			ContainSubstring("Seats taken: 1 of 1")))
		Expect(mailsTo(guardia)).To(BeEmpty(), "no user of the workspace waits")

		create(ctx, builders.OrgUser(org, "luis").Existing().Modules("remote-support").Workspace("support", v1alpha1.WorkspaceEdit).Obj())
		Eventually(get(ctx, w)).Should(haveOpenAlerts(alert(1, v1alpha1.AlertSeatsExhausted, "remote-support", v1alpha1.NoticeSent)))
		Expect(subjectsTo(guardia)()).To(Equal([]string{"Acme: no quedan plazas de remote-support"}))
		Expect(mailsTo(guardia)[0].Text).To(And(ContainSubstring("Hola, Guardia:"), ContainSubstring("Espacio de trabajo: Soporte"),
			ContainSubstring("En espera de plaza: Luis")))
		Expect(subjectsTo(desk)()).To(HaveLen(1), "a contact of the organization is not told again as a contact of a workspace")
	})

	It("ORG-4 GTA-12 are told that the last administrator is kept, until there is another one", func(ctx context.Context) {
		org, o := organizationWithContacts(ctx, toContact("Desk", byMail("desk@org")))
		ana := demoteLastAdministrator(ctx, org)
		Eventually(get(ctx, o)).Should(haveOpenAlerts(alert(1, v1alpha1.AlertLastAdministratorHeld, "ana", v1alpha1.NoticeSent)))
		Expect(subjectsTo("desk@" + org + ".example")()).To(Equal([]string{"Acme: the last administrator cannot leave yet"}))
		create(ctx, builders.OrgUser(org, "bea").Existing().Role(v1alpha1.RoleOrganizationAdmin).Obj())
		Eventually(get(ctx, ana)).Should(HaveField("Status.Role", v1alpha1.RoleMember))
		Eventually(get(ctx, o)).Should(haveOpenAlerts())
	})

	It("GTA-12 get a report of the organization or of a workspace when somebody requests one", func(ctx context.Context) {
		org, o := organizationWithContacts(ctx, toContact("Desk", byMail("desk@org")))
		desk, guardia := "desk@"+org+".example", "guardia@"+org+".example"
		w := builders.Workspace(org, "support").With(func(w *v1alpha1.Workspace) {
			w.Spec.Settings.Language, w.Spec.Contacts = "es", []v1alpha1.Contact{toContact("Guardia", byMail(guardia))}
		}).Obj()
		i := builders.Invitation(org, "team", "sam@"+org+".example").Workspace("support", v1alpha1.WorkspaceView).Obj()
		create(ctx, w, builders.OrgUser(org, "kim").Existing().Workspace("support", v1alpha1.WorkspaceEdit).Obj())
		invite(ctx, i)
		awaitReady(ctx, w)
		Eventually(get(ctx, w)).Should(HaveField("Status.Members", HaveValue(BeEquivalentTo(2))))
		Eventually(get(ctx, o)).Should(HaveField("Status.Notices.Schedule", "Weekly Monday 08:00 UTC"))
		Expect(o.Status.Notices).To(And(HaveField("Report", BeNil()), HaveField("NextReportTime", Not(BeNil()))))
		Expect(mailsTo(desk)).To(BeEmpty(), "it is not due")

		for n, object := range []client.Object{o, w} {
			edit(ctx, object, func(o client.Object) { o.SetAnnotations(map[string]string{v1alpha1.AnnotationReport: "now"}) })
			Eventually(subjectsTo([]string{desk, guardia}[n])).Should(HaveLen(1))
			Eventually(get(ctx, object)).Should(WithTransform(notices, And(HaveField("ObservedReport", "now"),
				HaveField("Report.Deliveries", HaveExactElements(HaveField("State", v1alpha1.NoticeSent))))))
		}
		report := mailsTo(desk)[0]
		Expect(report.Subject).To(Equal("Report: Acme"))
		Expect(report.Text).To(And(ContainSubstring("Users: 3 in total, 2 active, 1 pending"), ContainSubstring("Organization administrator: 1 active"),
			ContainSubstring("Pending invitations: 1 in total, sam@"+org+".example")))
		Expect(report.HTML).To(ContainSubstring("Pending invitations"))
		Expect(attached(report)).To(ContainElements(
			HaveExactElements("user", "Kim Kim", "kim@"+org+".example", "Member", "Full", "Active", "support:Edit", "", Not(BeEmpty()), "", "", "", ""),
			HaveExactElements("invitation", "", "sam@"+org+".example", "Member", "", "Invited", "", "", "", "team", HaveSuffix("Z"), "", "")))
		report = mailsTo(guardia)[0]
		Expect(report.Subject).To(Equal("Informe: support"))
		Expect(report.Text).To(And(ContainSubstring("Usuarios: 2 en total, 2 en activo"), ContainSubstring("Acceso: 1 de administración, 1 de edición")))
		Expect(attached(report)).To(HaveLen(4), "the header, two people and an invitation")
		settle(ctx)
		Expect(mailsTo(desk)).To(HaveLen(1))
	})

	It("GTA-12 are told when the mail server is back, with the Message-ID of the first attempt", func(ctx context.Context) {
		org, o := organizationWithContacts(ctx, toContact("Desk", byMail("desk@org")))
		box.SetTrouble(mailbox.Down(smtpError(421, "going down")))
		edit(ctx, o, func(o *v1alpha1.Organization) {
			o.Annotations = map[string]string{v1alpha1.AnnotationReport: "now"}
		})
		delivery := func(o *v1alpha1.Organization) *v1alpha1.NoticeDeliveryStatus {
			if o.Status.Notices.Report == nil {
				return &v1alpha1.NoticeDeliveryStatus{}
			}
			return &o.Status.Notices.Report.Deliveries[0]
		}
		Eventually(get(ctx, o)).Should(WithTransform(delivery, And(HaveField("State", v1alpha1.NoticeQueued),
			HaveField("LastError", ContainSubstring("going down")), HaveField("NextAttemptTime", Not(BeNil())))))
		id := delivery(o).MessageID
		box.SetTrouble(mailbox.None{})
		Eventually(get(ctx, o)).Should(WithTransform(delivery, HaveField("State", v1alpha1.NoticeSent)))
		Expect(idsOf("desk@" + org + ".example")).To(Equal([]string{id}))
	})
})
