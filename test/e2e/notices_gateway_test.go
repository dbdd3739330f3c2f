// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/gateway"
	"github.com/usher-operator/usher/internal/setup"
	"github.com/usher-operator/usher/internal/testing/builders"
)

// phoneGateway is a gateway that accepts messages signed with its key and answers as configured.
type phoneGateway struct {
	*httptest.Server
	mu       sync.Mutex
	code     int
	accepted []gateway.Message
	ids      []string
}

const gatewayKey = "0123456789abcdef0123456789abcdef"

func newPhoneGateway() *phoneGateway {
	p := &phoneGateway{code: http.StatusAccepted}
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		id := r.Header.Get("webhook-id")
		signature := gateway.Signature([]byte(gatewayKey), id, r.Header.Get("webhook-timestamp"), body)
		var m gateway.Message
		if err != nil || r.Header.Get("webhook-signature") != signature || json.Unmarshal(body, &m) != nil || m.ID != id {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		p.ids = append(p.ids, id)
		if p.code < 300 {
			p.accepted = append(p.accepted, m)
		}
		w.WriteHeader(p.code)
	}))
	DeferCleanup(p.Close)
	return p
}

func (p *phoneGateway) answer(code int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.code = code
}

// about returns the messages about an organization.
func (p *phoneGateway) about(org string) []gateway.Message {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(p.accepted), func(m gateway.Message) bool { return m.Organization != org })
}

// restartOperator restarts the operator with other options until the spec ends.
func restartOperator(ctx context.Context, change func(*setup.Options)) {
	GinkgoHelper()
	Expect(usher.Stop()).To(Succeed())
	usher = shared.StartOperator(ctx, change)
	DeferCleanup(func(ctx context.Context) {
		Expect(usher.Stop()).To(Succeed())
		startOperator(ctx)
	})
}

// demoteLastAdministrator requests another role for the only administrator of an organization, past the webhooks.
func demoteLastAdministrator(ctx context.Context, org string) *v1alpha1.OrgUser {
	GinkgoHelper()
	ana := &v1alpha1.OrgUser{}
	ana.Namespace, ana.Name = org, "ana"
	awaitReady(ctx, ana)
	ana.Spec.Role = v1alpha1.RoleMember
	Expect(pastWebhooks().Update(ctx, ana)).To(Succeed())
	return ana
}

var _ = Describe("The phones of contacts", func() {
	It("GTA-13 are reached by a gateway, with retries, also for notices that were created before there was one", func(ctx context.Context) {
		org, o := organizationWithContacts(ctx, toContact("Guardia", bySMS("+34600000009"),
			v1alpha1.ContactMethod{Type: v1alpha1.MethodPhone, Value: "+34600000008"}))
		demoteLastAdministrator(ctx, org)
		const held = v1alpha1.AlertLastAdministratorHeld
		Eventually(get(ctx, o)).Should(haveOpenAlerts(alert(1, held, "ana", v1alpha1.NoticeNoGateway, v1alpha1.NoticeNoGateway)))

		p := newPhoneGateway()
		p.answer(http.StatusServiceUnavailable)
		restartOperator(ctx, func(o *setup.Options) {
			o.Gateway = gateway.Options{URL: p.URL, KeyFile: writeFile("key", gatewayKey)}
		})
		Eventually(get(ctx, o)).Should(haveOpenAlerts(HaveField("Deliveries", HaveEach(And(HaveField("State", v1alpha1.NoticeQueued),
			HaveField("LastError", ContainSubstring("503")), HaveField("NextAttemptTime", Not(BeNil())))))))
		p.answer(http.StatusAccepted)
		Eventually(get(ctx, o)).Should(haveOpenAlerts(alert(1, held, "ana", v1alpha1.NoticeSent, v1alpha1.NoticeSent)))
		text := "Acme: Ana stays an administrator for now because there is no other."
		Expect(p.about(org)).To(ConsistOf(
			And(HaveField("Type", "SMS"), HaveField("To", "+34600000009"), HaveField("Text", text), HaveField("Organization", org)),
			And(HaveField("Type", "Phone"), HaveField("To", "+34600000008"), HaveField("Text", text), HaveField("Workspace", ""))))
		Expect(p.about(org)[0].ID).To(BeElementOf(p.ids[:len(p.ids)-1]), "the same message again")

		By("a gateway that refuses")
		p.answer(http.StatusUnprocessableEntity)
		edit(ctx, o, func(o *v1alpha1.Organization) { o.Annotations = map[string]string{v1alpha1.AnnotationReport: "now"} })
		Eventually(get(ctx, o)).Should(HaveField("Status.Notices.Report.Deliveries", HaveEach(And(HaveField("State", v1alpha1.NoticeFailed),
			HaveField("Attempts", BeEquivalentTo(1)), HaveField("LastError", ContainSubstring("422"))))))
	})
})

var _ = Describe("A scheduled report", func() {
	It("GTA-12 is sent by the clock in the organization's time zone, and only the newest one after a downtime", func(ctx context.Context) {
		org, o := organizationWithContacts(ctx, toContact("Desk", byMail("desk@org")))
		edit(ctx, o, func(o *v1alpha1.Organization) { o.Spec.Profile.TimeZone = "America/Lima" })
		Eventually(get(ctx, o)).Should(HaveField("Status.Notices.Schedule", "Weekly Monday 08:00 America/Lima"))
		due := o.Status.Notices.NextReportTime.Time
		Expect(due.UTC().Hour()).To(Equal(13))
		Expect(due.UTC().Weekday()).To(Equal(time.Monday))

		later := due.AddDate(0, 0, 14).Add(time.Hour)
		restartOperator(ctx, func(o *setup.Options) { o.Now = func() time.Time { return later } })
		Eventually(get(ctx, o)).Should(HaveField("Status.Notices.Report", HaveField("Deliveries", HaveExactElements(HaveField("State", v1alpha1.NoticeSent)))))
		Expect(o.Status.Notices.Report.Time.Time).To(BeTemporally("==", due.AddDate(0, 0, 14)))
		Expect(o.Status.Notices.NextReportTime.Time).To(BeTemporally("==", due.AddDate(0, 0, 21)))
		create(ctx, builders.OrgUser(org, "kim").Existing().Obj())
		settle(ctx)
		Expect(subjectsTo("desk@" + org + ".example")()).To(Equal([]string{"Report: Acme"}))
	})
})
