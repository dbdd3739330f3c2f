// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"strings"
	"sync/atomic"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/setup"
	"github.com/usher-operator/usher/internal/testing/builders"
	"github.com/usher-operator/usher/internal/testing/mailbox"
	. "github.com/usher-operator/usher/internal/testing/matchers"
)

var _ = Describe("The mail about changed access", func() {
	var ahead atomic.Int64 // how far the operator's clock is ahead
	shifted := func(o *setup.Options) {
		o.Now = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	}
	// later restarts the operator, with its clock further ahead: what is due is known to the next one.
	later := func(ctx context.Context, by time.Duration) {
		GinkgoHelper()
		ahead.Add(int64(by))
		Expect(usher.Stop()).To(Succeed())
		usher = shared.StartOperator(ctx, shifted)
	}
	told := func(email string) []mailbox.Message {
		var all []mailbox.Message
		for _, m := range mailsTo(email) {
			if strings.Contains(m.Subject, "acceso") {
				m.Text = strings.ReplaceAll(m.Text, "\r\n", "\n")
				all = append(all, m)
			}
		}
		return all
	}
	queued := HaveField("Status.AccessChange", HaveValue(HaveField("Mail", HaveValue(HaveField("State", v1alpha1.MailQueued)))))
	sent := HaveField("Status.AccessChange", HaveValue(HaveField("Mail", HaveValue(HaveField("State", v1alpha1.MailSent)))))

	It("NOV-12 NOV-13 tells a person once a day of what differs from what they were told, and nobody who only joined", func(ctx context.Context) {
		restartOperator(ctx, shifted)
		org := organization(ctx, func(o *v1alpha1.Organization) {
			o.Spec.PrimaryAdministrator = &v1alpha1.PrimaryAdministrator{Name: "Ana Pérez", Email: v1alpha1.EmailAddress("ana@" + o.Name + ".example")}
			o.Spec.Subscription.Modules = builders.Organization("x").Module("remote-support", 3).Obj().Spec.Subscription.Modules
			o.Spec.Settings.Language = "es"
		})
		email := "luis@" + org + ".example"
		support := builders.Workspace(org, "support").With(func(w *v1alpha1.Workspace) { w.Spec.DisplayName = "Soporte" }).Obj()
		sales := builders.Workspace(org, "sales").Group("night", v1alpha1.WorkspaceView).Obj()
		create(ctx, support, sales)
		i := builders.Invitation(org, "team", email).Workspace("support", v1alpha1.WorkspaceView).With(func(i *v1alpha1.Invitation) {
			i.Spec.Modules, i.Spec.Groups = []v1alpha1.ObjectName{"remote-support"}, []v1alpha1.ObjectName{"night"}
		}).Obj()
		invite(ctx, i)
		accept(ctx, email, "Luis Gil")
		luis := userOf(ctx, org, email)
		Eventually(get(ctx, luis)).Should(And(BeReady(), HaveField("Status.Modules", HaveLen(1)), HaveField("Status.Workspaces", HaveLen(2))))
		Expect(luis.Status.AccessChange).To(BeNil())

		By("changing the access from several sides, and some of it back")
		edit(ctx, luis, func(u *v1alpha1.OrgUser) {
			u.Spec.Role, u.Spec.Modules = v1alpha1.RoleTechnician, nil
			u.Spec.Workspaces[0].Access = v1alpha1.WorkspaceEdit
		})
		Eventually(get(ctx, luis)).Should(queued)
		edit(ctx, sales, func(w *v1alpha1.Workspace) { w.Spec.Members = nil })
		Eventually(get(ctx, luis)).Should(HaveField("Status.Workspaces", HaveLen(1)))
		edit(ctx, luis, func(u *v1alpha1.OrgUser) { u.Spec.Modules = []v1alpha1.ObjectName{"remote-support"} })
		Eventually(get(ctx, luis)).Should(HaveField("Status.Modules", HaveLen(1)))
		Expect(luis.Status.AccessChange.RemovedModules).To(BeEmpty())
		settle(ctx)
		Expect(told(email)).To(BeEmpty())

		later(ctx, time.Hour)
		Eventually(get(ctx, luis)).Should(sent)
		Expect(told(email)).To(HaveExactElements(And(
			HaveField("Subject", "Ha cambiado tu acceso en Acme"), HaveField("MessageID", ContainSubstring("@")),
			HaveField("Text", MatchRegexp(`\n\nRol: Soporte técnico\nRol anterior: Miembro\nAcceso modificado: Soporte \(`+org+
				`-support\): puedes editar \(antes: ver\)\nAcceso retirado: sales \(`+org+`-sales\)\nSi tienes dudas: Ana.* \(ana@`+org+
				`\.example\)\n\n`)))))

		By("suspending, and taking the person back with other access")
		edit(ctx, luis, func(u *v1alpha1.OrgUser) { u.Spec.Suspend = true })
		Eventually(get(ctx, luis)).Should(HaveField("Status.State", v1alpha1.UserSuspended))
		Expect(luis.Status.AccessChange.Mail).To(BeNil())
		edit(ctx, luis, func(u *v1alpha1.OrgUser) { u.Spec.Suspend, u.Spec.Modules = false, nil })
		Eventually(get(ctx, luis)).Should(And(queued, BeReady()))
		due, sentAt := luis.Status.AccessChange.Mail.NextAttemptTime, luis.Status.AccessChange.SentTime
		Expect(due.Sub(sentAt.Time)).To(Equal(24*time.Hour), "at most one mail a day")
		later(ctx, 24*time.Hour)
		Eventually(get(ctx, luis)).Should(sent)
		Expect(told(email)).To(HaveLen(2))
		Expect(told(email)[1].Text).To(And(ContainSubstring("\n\nMódulos retirados: remote-support\nSi tienes dudas"), Not(ContainSubstring("Rol"))))

		By("not wanting it")
		edit(ctx, luis, func(u *v1alpha1.OrgUser) { u.Spec.Workspaces = nil })
		Eventually(get(ctx, luis)).Should(queued)
		edit(ctx, builders.Organization(org).Obj(), func(o *v1alpha1.Organization) { o.Spec.Settings.AccessMails = v1alpha1.AccessMailsNever })
		Eventually(get(ctx, luis)).Should(HaveField("Status.AccessChange", Or(BeNil(), HaveField("Mail", BeNil()))))
	})
})
