// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package pods

import (
	"context"
	"crypto/rand"
	"net/http"
	"net/url"
	"slices"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/testing/builders"
	"github.com/usher-operator/usher/internal/testing/mailbox"
)

// queue is where customers' questions go.
const queue = "queue@acme.example"

// createAcme creates an organization with an administrator, and a workspace with a page for customers. Its mails begin here.
func createAcme(ctx context.Context) {
	GinkgoHelper()
	env.forgetMails()
	for _, object := range []client.Object{
		&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: acme}},
		builders.Organization(acme).DisplayName("Acme S.A.").
			Settings(v1alpha1.OrganizationSettings{Language: "en"}).Obj(),
		builders.OrgUser(acme, "ana").Role(v1alpha1.RoleOrganizationAdmin).Email("ana@acme.example").Existing().Obj(),
		builders.Workspace(acme, "support").With(func(w *v1alpha1.Workspace) {
			w.Spec.Portal = &v1alpha1.CustomerPortal{Title: "Acme Support", QueueEmail: queue}
		}).Obj(),
	} {
		Eventually(ctx, func() error { return env.admin.Create(ctx, object) }).Should(Succeed())
	}
	Eventually(ctx, func() int { return open(ctx, contactPage()) }).Should(Equal(http.StatusOK))
}

// invite invites people to acme by one Invitation.
func invite(ctx context.Context, name string, people ...string) {
	GinkgoHelper()
	var addresses []string
	for _, person := range people {
		addresses = append(addresses, person+"@acme.example")
	}
	invitation := builders.Invitation(acme, name, addresses...).Workspace("support", v1alpha1.WorkspaceView).InvitedBy("ana@acme.example")
	Expect(env.admin.Create(ctx, invitation.Obj())).To(Succeed())
	for _, person := range people {
		linkTo(person, "/i/")
	}
}

// register submits the form behind a person's invitation.
func register(ctx context.Context, person string) {
	GinkgoHelper()
	submit(ctx, linkTo(person, "/i/"), url.Values{"action": {"accept"}, "displayName": {person}, "phone": {""}, "language": {"en"}})
	linkTo(person, "/c/")
}

// confirm confirms a person's address, with a password where the page asks for one, and waits until they are active.
func confirm(ctx context.Context, person string) {
	GinkgoHelper()
	submit(ctx, linkTo(person, "/c/"), url.Values{"password": {rand.Text()}})
	Eventually(ctx, func(g Gomega) {
		var users v1alpha1.OrgUserList
		g.Expect(env.admin.List(ctx, &users, client.InNamespace(acme))).To(Succeed())
		g.Expect(users.Items).To(ContainElement(And(HaveField("Spec.Email", v1alpha1.EmailAddress(person+"@acme.example")),
			HaveField("Status.State", v1alpha1.UserActive))))
	}).Should(Succeed())
}

// ask asks a question on the page for customers.
func ask(ctx context.Context, customer, subject string) {
	GinkgoHelper()
	submit(ctx, contactPage(), url.Values{
		"name": {"Clara Ruiz"}, "email": {customer + "@acme.example"}, "subject": {subject}, "text": {"It does not start. " + subject},
	})
	linkTo(customer, "/q/")
}

// passOn confirms a question, and waits until it is in the queue.
func passOn(ctx context.Context, customer, subject string) {
	GinkgoHelper()
	submit(ctx, linkTo(customer, "/q/"), nil)
	Eventually(func() []string { return inQueue() }).Should(ContainElement(subject))
}

// inQueue returns the subjects of the questions in the queue, without what is in brackets before them.
func inQueue() []string {
	GinkgoHelper()
	var subjects []string
	for _, m := range env.mails() {
		if m.SentTo(queue) {
			_, subject, _ := strings.Cut(m.Subject, "] ")
			subjects = append(subjects, subject)
		}
	}
	return subjects
}

func contactPage() string { return env.portalURL + "/w/" + acme + "/support" }

// linkTo waits for a mail to a person with a link to a path of the portal, and returns the link as this machine reaches it.
func linkTo(person, path string) string {
	GinkgoHelper()
	var found string
	Eventually(func() string {
		for _, m := range slices.Backward(env.mails()) {
			if !m.SentTo(person + "@acme.example") {
				continue
			}
			for _, link := range m.Links() {
				if _, after, ok := strings.Cut(link, path); ok && found == "" {
					found = env.portalURL + path + after
				}
			}
		}
		return found
	}).ShouldNot(BeEmpty(), "a link to %s in a mail to %s", path, person)
	return found
}

// submit submits a form and follows to the page after it.
func submit(ctx context.Context, link string, form url.Values) {
	GinkgoHelper()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, link, strings.NewReader(form.Encode()))
	Expect(err).NotTo(HaveOccurred())
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	response, err := http.DefaultClient.Do(request)
	Expect(err).NotTo(HaveOccurred())
	Expect(response.Body.Close()).To(Succeed())
	Expect(response.StatusCode).To(Equal(http.StatusOK))
}

// open returns the status of a page, or 0 if there is no answer.
func open(ctx context.Context, link string) int {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, link, nil)
	if err != nil {
		return 0
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0
	}
	_ = response.Body.Close()
	return response.StatusCode
}

// mailed describes each mail to acme's people, customers and queue.
func mailed() []string {
	GinkgoHelper()
	var all []string
	for _, m := range env.mails() {
		if slices.ContainsFunc(m.EnvelopeTo, func(to string) bool { return strings.HasSuffix(to, "@acme.example") }) {
			all = append(all, describe(m))
		}
	}
	return all
}

func describe(m mailbox.Message) string { return strings.Join(m.EnvelopeTo, ",") + ": " + m.Subject }

// expectNothingTwice fails if a mail to anybody has arrived under the Message-ID of another one, or if somebody got two that say the same.
func expectNothingTwice() {
	GinkgoHelper()
	seen := map[string]string{}
	for _, m := range env.mails() {
		for _, what := range []string{m.MessageID, strings.Join(m.EnvelopeTo, ",") + "\n" + m.Subject + "\n" + m.Text} {
			Expect(seen).NotTo(HaveKey(what), "%s and %s", m.File, seen[what])
			seen[what] = m.File
		}
	}
}

// caughtUp waits until the leader has handled everything that it found when it began, and returns the mails until then: it invites
// somebody, who comes last.
func caughtUp(ctx context.Context, guest string) []string {
	GinkgoHelper()
	invite(ctx, guest, guest)
	return mailed()
}
