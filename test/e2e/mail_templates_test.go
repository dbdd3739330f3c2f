// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	authorizationv1 "k8s.io/api/authorization/v1"
	eventsv1 "k8s.io/api/events/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/internal/setup"
	"github.com/usher-operator/usher/internal/testing/builders"
	"github.com/usher-operator/usher/internal/testing/mailbox"
	"github.com/usher-operator/usher/internal/testing/operator"
)

const customTemplates = `apiVersion: v1
kind: ConfigMap
metadata: {name: usher-mail-templates, namespace: usher-system}
data:
  es.json: |
    {"Invitation.subject": "Tu sitio en {organization}", "Invitation.button": "Entrar en {organization}"}
  mail.txt.tmpl: "OWN LAYOUT\n{{.Title}}\n{{.URL}}\n"
`

const brokenTemplates = `apiVersion: v1
kind: ConfigMap
metadata: {name: usher-mail-templates, namespace: usher-system}
data:
  es.json: |
    {"Invitation.subject": "Hola {nobody}"}
  mail.html.tmpl: "<a href='{{.URL}}'>{{.Buton}}</a>"
`

var _ = Describe("Mail templates in a ConfigMap", func() {
	var org string

	BeforeEach(func(ctx context.Context) {
		org = organization(ctx)
		DeferCleanup(func(ctx context.Context) {
			_, _, err := env.Kubectl(ctx, "delete", "configmap", "usher-mail-templates", "-n", operator.Namespace, "--ignore-not-found")
			Expect(err).NotTo(HaveOccurred())
		})
	})

	apply := func(ctx context.Context, manifest string) {
		GinkgoHelper()
		_, _, err := env.KubectlInput(ctx, manifest, "apply", "-f", "-")
		Expect(err).NotTo(HaveOccurred())
	}
	invite := func(ctx context.Context, name string) mailbox.Message {
		GinkgoHelper()
		email := name + "@" + org + ".example"
		create(ctx, builders.Invitation(org, name, email).Language("es").Obj())
		message, _ := mailTo(ctx, email, "/i/")
		return message
	}
	notes := func(ctx context.Context, reason string) func(Gomega) []string {
		return func(g Gomega) []string {
			var list eventsv1.EventList
			g.Expect(env.Client.List(ctx, &list, client.InNamespace(operator.Namespace))).To(Succeed())
			var found []string
			for _, e := range list.Items {
				if e.Reason == reason && e.Regarding.Kind == "ConfigMap" && e.Regarding.Name == setup.DefaultMailTemplates {
					found = append(found, e.Type+" "+e.Note)
				}
			}
			return found
		}
	}

	It("apply from the next mail on; broken ones do not, and an event says why; without them the defaults apply", func(ctx context.Context) {
		apply(ctx, customTemplates)
		Eventually(notes(ctx, setup.ReasonTemplatesInForce)).Should(ContainElement(HavePrefix("Normal ")))
		mine := invite(ctx, "mine")
		Expect(mine.Subject).To(Equal("Tu sitio en Acme"))
		Expect(mine.Text).To(HavePrefix("OWN LAYOUT"))
		Expect(mine.HTML).To(ContainSubstring(">Entrar en Acme</a>"))

		apply(ctx, brokenTemplates)
		Eventually(notes(ctx, setup.ReasonTemplatesBroken)).Should(ContainElement(And(
			HavePrefix("Warning "), ContainSubstring("es.json"), ContainSubstring("Invitation.subject"), ContainSubstring("{nobody}"))))
		still := invite(ctx, "still")
		Expect(still.Subject).To(Equal("Tu sitio en Acme"))
		Expect(still.Text).To(HavePrefix("OWN LAYOUT"))

		_, _, err := env.Kubectl(ctx, "delete", "configmap", "usher-mail-templates", "-n", operator.Namespace)
		Expect(err).NotTo(HaveOccurred())
		Eventually(notes(ctx, setup.ReasonTemplatesRemoved)).ShouldNot(BeEmpty())
		Expect(invite(ctx, "back").Subject).To(HavePrefix("Invitación del usuario "))
	})

	It("are in the only ConfigMap that the operator can read by name, and it cannot write it", func(ctx context.Context) {
		may := func(verb, namespace, name string) bool {
			review := &authorizationv1.SubjectAccessReview{Spec: authorizationv1.SubjectAccessReviewSpec{
				User: operatorUser, Groups: []string{"system:serviceaccounts", "system:authenticated"},
				ResourceAttributes: &authorizationv1.ResourceAttributes{
					Verb: verb, Resource: "configmaps", Namespace: namespace, Name: name,
				},
			}}
			Expect(env.Client.Create(ctx, review)).To(Succeed())
			return review.Status.Allowed
		}
		for _, verb := range []string{"get", "list", "watch"} {
			Expect(may(verb, operator.Namespace, setup.DefaultMailTemplates)).To(BeTrue(), verb)
			Expect(may(verb, operator.Namespace, "")).To(BeFalse(), verb)
			Expect(may(verb, "default", setup.DefaultMailTemplates)).To(BeFalse(), verb)
		}
		for _, verb := range []string{"create", "update", "patch", "delete"} {
			Expect(may(verb, operator.Namespace, setup.DefaultMailTemplates)).To(BeFalse(), verb)
		}
	})
})
