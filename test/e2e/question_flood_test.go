// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"fmt"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/linktoken"
	questions "github.com/usher-operator/usher/internal/question"
	"github.com/usher-operator/usher/internal/question/store"
	"github.com/usher-operator/usher/internal/testing/operator"
)

// flooding is how many questions fill the room for unconfirmed ones of a workspace, beside one that is there.
const flooding = questions.WaitingPerWorkspace - 1

// flood stores unconfirmed questions that came from one network, as many as there is room for.
func (c contactPage) flood(ctx context.Context, network string) {
	GinkgoHelper()
	for n := range flooding {
		email := c.address(fmt.Sprint("flood", n))
		q := &questions.Question{Text: "x", Record: questions.Record{
			Organization: c.org, Workspace: c.workspace.Name, WorkspaceUID: c.workspace.UID, Subject: "x", Queue: c.queue,
			Asker: linktoken.AddressDigest(email), Address: email, Network: network,
		}}
		name := questions.Name("", q)
		q.Reference = questions.Reference(name)
		q.Ask(time.Now())
		data, err := questions.Encode(q)
		Expect(err).NotTo(HaveOccurred())
		Expect(env.Client.Create(ctx, &corev1.Secret{
			ObjectMeta: metav1.ObjectMeta{Namespace: operator.QuestionsNamespace, Name: name, Labels: map[string]string{
				v1alpha1.LabelQuestion: "true", v1alpha1.LabelOrganization: c.org, v1alpha1.LabelWorkspace: c.workspace.Name,
			}},
			Type: store.SecretType, Data: data,
		})).To(Succeed())
	}
	// Questions reach the cache in the order in which they were stored.
	last := c.address(fmt.Sprint("flood", flooding-1))
	Eventually(func() []string { return linksTo(last, "/q/") }).Should(HaveLen(1))
}

var _ = Describe("A page that one host fills with questions it does not confirm", func() {
	It("OPS-9 GTA-8 stays open: whoever confirms a question reaches the queue, and the host's own questions make room", func(ctx context.Context) {
		c := openContactPage(ctx)
		early, late := c.address("early"), c.address("late")
		c.ask(ctx, early, "before")
		Eventually(func() []string { return linksTo(early, "/q/") }).Should(HaveLen(1))
		c.flood(ctx, "203.0.113.0/24")

		c.askAndConfirm(ctx, late, "afterwards")
		c.questionIn("afterwards")
		Expect(post(ctx, linksTo(early, "/q/")[0], nil)).To(Equal(303))
		c.questionIn("before")
		Eventually(func(g Gomega) int { return states(storedQuestions(ctx, c.org)(g))["Waiting"] }).Should(Equal(questions.WaitingPerWorkspace-2),
			"two of the host's")
	})
})
