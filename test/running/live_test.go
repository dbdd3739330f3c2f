// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package running

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	config "github.com/usher-operator/usher/api/config/v1alpha1"
	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/testing/builders"
	"github.com/usher-operator/usher/internal/testing/mailbox"
	. "github.com/usher-operator/usher/internal/testing/matchers"
	"github.com/usher-operator/usher/internal/testing/meters"
	"github.com/usher-operator/usher/internal/testing/operator"
	"github.com/usher-operator/usher/internal/testing/timing"
)

// changeInForce changes the file, and waits until the change is in force.
func (c *configuration) changeInForce(change func(*config.UsherConfiguration)) {
	GinkgoHelper()
	former, err := meters.Label("usher_configuration_info")
	Expect(err).NotTo(HaveOccurred())
	c.change(change)
	Eventually(func() (string, error) { return meters.Label("usher_configuration_info") }).ShouldNot(Equal(former))
}

var _ = Describe("OPS-1 the configuration of a running operator, for what is sent from then on,", func() {
	It("changes where the welcome leads", func(ctx context.Context) {
		c, usher := startConfigured(ctx)
		org := organization(ctx)
		welcome := func(name string) mailbox.Message {
			GinkgoHelper()
			address := name + "@" + org + ".example"
			Expect(env.Client.Create(ctx, builders.Invitation(org, name, address).Obj())).To(Succeed())
			post(ctx, linkTo(ctx, usher, address, "/i/"), url.Values{"action": {"accept"}, "displayName": {"Ada Lima"}, "language": {"en"}})
			confirm := linkTo(ctx, usher, address, "/c/")
			post(ctx, confirm, nil)
			return mailTo(ctx, address, func(m mailbox.Message) bool { return strings.Contains(m.Subject, "Welcome") })
		}
		const first, second = "https://first.example/login", "https://second.example/login"
		Expect(welcome("ada").Links()).NotTo(ContainElement(first))
		c.changeInForce(func(f *config.UsherConfiguration) { f.Portal.SignInURL = first })
		Expect(welcome("eva").Links()).To(ContainElement(first))
		c.changeInForce(func(f *config.UsherConfiguration) { f.Portal.SignInURL = second })
		Expect(welcome("luis").Links()).To(And(ContainElement(second), Not(ContainElement(first))))
		c.changeInForce(func(f *config.UsherConfiguration) { f.Portal.SignInURL = "" })
		Expect(welcome("mia").Links()).NotTo(ContainElement(second))
	})

	It("changes the budgets of invitations", func(ctx context.Context) {
		c, _ := startConfigured(ctx)
		for text, budget := range map[string]func(*config.Budgets) *int{
			"1 an hour for the invitations of an organization": func(b *config.Budgets) *int { return &b.OrganizationHour },
			"1 a day for the invitations of an organization":   func(b *config.Budgets) *int { return &b.OrganizationDay },
			"1 a day for invitations to one address":           func(b *config.Budgets) *int { return &b.AddressDay },
		} {
			By(text)
			// budgets invites two people, and one of them again, and returns for which budgets these mails wait.
			budgets := func() []string {
				GinkgoHelper()
				org := organization(ctx)
				i := builders.Invitation(org, "team", "a@"+org+".example", "b@"+org+".example").Obj()
				Expect(env.Client.Create(ctx, i)).To(Succeed())
				Eventually(mailBudgets(ctx, i)).Should(HaveLen(2))
				first := mailBudgets(ctx, i)(Default)
				resend := client.RawPatch(types.MergePatchType, []byte(`{"metadata":{"annotations":{"`+v1alpha1.AnnotationResend+`":"again"}}}`))
				Expect(env.Client.Patch(ctx, i, resend)).To(Succeed())
				Eventually(read(ctx, i)).Should(HaveField("Status.ObservedResend", "again"))
				Eventually(mailBudgets(ctx, i)).Should(HaveLen(2))
				return append(first, mailBudgets(ctx, i)(Default)...)
			}
			Expect(budgets()).To(HaveEach(BeEmpty()))
			former := *budget(&c.content.Budgets)
			c.changeInForce(func(f *config.UsherConfiguration) { *budget(&f.Budgets) = 1 })
			Expect(budgets()).To(ContainElement(text))
			c.changeInForce(func(f *config.UsherConfiguration) { *budget(&f.Budgets) = former })
			Expect(budgets()).To(HaveEach(BeEmpty()))
		}
	})

	It("changes the budgets of notices and of messages to phones", func(ctx context.Context) {
		gateway := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusAccepted) }))
		DeferCleanup(gateway.Close)
		key := filepath.Join(GinkgoT().TempDir(), "key")
		Expect(os.WriteFile(key, []byte(strings.Repeat("k", 32)), 0o600)).To(Succeed())
		c, _ := startConfigured(ctx, func(f *config.UsherConfiguration) { f.Gateway.URL, f.Gateway.KeyFile = gateway.URL, key })
		for text, budget := range map[string]func(*config.Budgets) *int{
			"1 a day for alerts and reports to one address":           func(b *config.Budgets) *int { return &b.AddressNoticesDay },
			"1 an hour for the messages to phones of an organization": func(b *config.Budgets) *int { return &b.PhonesHour },
			"1 a day for the messages to phones of an organization":   func(b *config.Budgets) *int { return &b.PhonesDay },
			"1 a day for messages to phones with one number":          func(b *config.Budgets) *int { return &b.PhoneDay },
		} {
			By(text)
			// budgets reports twice to an address and two phones, and returns for which budgets these messages wait.
			budgets := func() []string {
				GinkgoHelper()
				o := &v1alpha1.Organization{}
				o.Namespace = organization(ctx)
				o.Name = o.Namespace
				contact := `{"spec":{"contacts":[{"name":"Desk","notify":["Reports"],"methods":[{"type":"Email","value":"desk@` + o.Name +
					`.example"},{"type":"SMS","value":"+34600000001"},{"type":"SMS","value":"+34600000002"}]}]}}`
				Expect(env.Client.Patch(ctx, o, client.RawPatch(types.MergePatchType, []byte(contact)))).To(Succeed())
				var all []string
				for _, number := range []string{"1", "2"} {
					report := `{"metadata":{"annotations":{"` + v1alpha1.AnnotationReport + `":"` + number + `"}}}`
					Expect(env.Client.Patch(ctx, o, client.RawPatch(types.MergePatchType, []byte(report)))).To(Succeed())
					Eventually(noticeBudgets(ctx, o, number)).Should(HaveLen(3))
					all = append(all, noticeBudgets(ctx, o, number)(Default)...)
				}
				return all
			}
			Expect(budgets()).To(HaveEach(BeEmpty()))
			former := *budget(&c.content.Budgets)
			c.changeInForce(func(f *config.UsherConfiguration) { *budget(&f.Budgets) = 1 })
			Expect(budgets()).To(ContainElement(text))
			c.changeInForce(func(f *config.UsherConfiguration) { *budget(&f.Budgets) = former })
			Expect(budgets()).To(HaveEach(BeEmpty()))
		}
	})

	It("changes the budget of queues", func(ctx context.Context) {
		c, usher := startConfigured(ctx, func(f *config.UsherConfiguration) { f.Queues.Domains = []string{"*.example"} })
		// passedOn asks two questions at the page of a workspace, and returns what happened to them: passed on, or held.
		passedOn := func() (passed, held int) {
			GinkgoHelper()
			org := organization(ctx)
			queue := "queue@" + org + ".example"
			desk := builders.Workspace(org, "desk").With(func(w *v1alpha1.Workspace) {
				w.Spec.Portal = &v1alpha1.CustomerPortal{Title: "Desk", QueueEmail: v1alpha1.EmailAddress(queue)}
			}).Obj()
			Expect(env.Client.Create(ctx, desk)).To(Succeed())
			Eventually(read(ctx, desk)).Should(BeReady())
			for _, name := range []string{"clara", "nora"} {
				customer := name + "@" + org + ".example"
				form := url.Values{"name": {"Clara Ruiz"}, "email": {customer}, "subject": {name}, "text": {"It beeps: " + name}}
				Eventually(func() int { return post(ctx, usher.PortalURL+"/w/"+org+"/desk", form) }).Should(Equal(http.StatusSeeOther))
				post(ctx, linkTo(ctx, usher, customer, "/q/"), nil)
			}
			Eventually(func() int {
				passed, held = len(mailsTo(queue)), len(eventsAbout(ctx, desk, "1 a day for questions to one queue"))
				return passed + held
			}).Should(Equal(2))
			return passed, held
		}
		passed, _ := passedOn()
		Expect(passed).To(Equal(2))
		former := c.content.Budgets.QueueDay
		c.changeInForce(func(f *config.UsherConfiguration) { f.Budgets.QueueDay = 1 })
		_, held := passedOn()
		Expect(held).To(Equal(1))
		c.changeInForce(func(f *config.UsherConfiguration) { f.Budgets.QueueDay = former })
		passed, _ = passedOn()
		Expect(passed).To(Equal(2))
	})
})

// mailBudgets returns a function that returns for which budgets the mails to an Invitation's recipients wait, "" if they are sent; those
// that are neither are left out.
func mailBudgets(ctx context.Context, i *v1alpha1.Invitation) func(Gomega) []string {
	return func(g Gomega) []string {
		var all []string
		for _, r := range read(ctx, i)(g).Status.Recipients {
			if r.Mail != nil && (r.Mail.State == v1alpha1.MailSent || r.Mail.Budget != "") {
				all = append(all, r.Mail.Budget)
			}
		}
		return all
	}
}

// noticeBudgets does the same for the messages of an Organization's report.
func noticeBudgets(ctx context.Context, o *v1alpha1.Organization, report string) func(Gomega) []string {
	return func(g Gomega) []string {
		n := read(ctx, o)(g).Status.Notices
		if n.ObservedReport != report || n.Report == nil {
			return nil
		}
		var all []string
		for _, d := range n.Report.Deliveries {
			if d.State == v1alpha1.NoticeSent || d.Budget != "" {
				all = append(all, d.Budget)
			}
		}
		return all
	}
}

// mailTo waits for a mail to an address.
func mailTo(ctx context.Context, address string, is func(mailbox.Message) bool) mailbox.Message {
	GinkgoHelper()
	ctx, cancel := context.WithTimeout(ctx, timing.Timeout)
	defer cancel()
	message, err := box.Wait(ctx, func(m mailbox.Message) bool { return m.SentTo(address) && is(m) })
	Expect(err).NotTo(HaveOccurred())
	return message
}

func mailsTo(address string) []mailbox.Message {
	GinkgoHelper()
	all, err := box.Messages()
	Expect(err).NotTo(HaveOccurred())
	return slices.DeleteFunc(all, func(m mailbox.Message) bool { return !m.SentTo(address) })
}

// linkTo waits for a mail to an address with a link to a page of an operator's portal, and returns the link.
func linkTo(ctx context.Context, usher *operator.Operator, address, page string) string {
	GinkgoHelper()
	links := func(m mailbox.Message) []string {
		return slices.DeleteFunc(m.Links(), func(link string) bool { return !strings.HasPrefix(link, usher.PortalURL+page) })
	}
	return links(mailTo(ctx, address, func(m mailbox.Message) bool { return len(links(m)) > 0 }))[0]
}

// post sends a form to a page, and returns the status of the answer, without following it.
func post(ctx context.Context, link string, form url.Values) int {
	GinkgoHelper()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, link, strings.NewReader(form.Encode()))
	Expect(err).NotTo(HaveOccurred())
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	response, err := http.DefaultTransport.RoundTrip(r)
	Expect(err).NotTo(HaveOccurred())
	Expect(response.Body.Close()).To(Succeed())
	return response.StatusCode
}

// eventsAbout returns the events about an object whose message contains a text.
func eventsAbout(ctx context.Context, o client.Object, text string) []corev1.Event {
	GinkgoHelper()
	var events corev1.EventList
	Expect(env.Client.List(ctx, &events, client.InNamespace(o.GetNamespace()))).To(Succeed())
	return slices.DeleteFunc(events.Items, func(e corev1.Event) bool {
		return e.InvolvedObject.Name != o.GetName() || !strings.Contains(e.Message, text)
	})
}
