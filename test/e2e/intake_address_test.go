// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/setup"
	. "github.com/usher-operator/usher/internal/testing/matchers"
)

// queueTo returns a change that sets the queue address of a workspace.
func queueTo(address string) func(*v1alpha1.Workspace) {
	return func(w *v1alpha1.Workspace) { w.Spec.Portal.QueueEmail = v1alpha1.EmailAddress(address) }
}

// at returns another workspace of the organization, with its own intake address.
func (i intake) at(name, address string) *v1alpha1.Workspace {
	w := i.workspace(name)
	w.Spec.Portal.IntakeEmail = v1alpha1.EmailAddress(address)
	return w
}

var _ = Describe("The address of a mail intake", func() {
	It("LMI-3 must be in a domain of its organization, even if another organization was first", func(ctx context.Context) {
		acme, other := newIntake(ctx), organization(ctx)
		squatter := acme.at("squatter", "help@in."+other+".example")
		create(ctx, squatter)
		awaitReady(ctx, squatter)
		restartOperator(ctx, func(o *setup.Options) {
			o.IntakeDomains = []string{acme.org + "=in." + acme.org + ".example", other + "=in." + other + ".example"}
		})

		Eventually(get(ctx, squatter)).Should(HaveCondition(v1alpha1.ConditionStalled, metav1.ConditionTrue, v1alpha1.ReasonIntakeNotAllowed))
		rightful := intake{org: other, address: "help@in." + other + ".example", queue: "cola@" + other + ".example"}
		Expect(rightful.knows()).To(MatchError(ContainSubstring("550: no workspace receives mail at " + rightful.address)))
		support := rightful.workspace("support")
		create(ctx, support)
		awaitReady(ctx, support)
		Expect(rightful.knows()).To(Succeed())
		Expect(acme.knows()).To(Succeed())

		Expect(env.Client.Create(ctx, acme.at("desk", "desk@in."+other+".example"))).To(And(
			BeRefused(422, `is not an address of organization "`+acme.org+`", which may receive mail only at in.`+acme.org+`.example`),
			HaveCause("spec.portal.intakeEmail", "--intake-domains")))
		edit(ctx, squatter, func(w *v1alpha1.Workspace) { w.Spec.Portal.IntakeEmail = "" })
		awaitReady(ctx, squatter)
	})

	It("LMI-3 must not be in a loop of queues, which is refused, or held back if it was created past the webhooks", func(ctx context.Context) {
		i := newIntake(ctx)
		desk := i.at("desk", "desk@in."+i.org+".example")
		queueTo(i.address)(desk)
		create(ctx, desk)
		awaitReady(ctx, desk)
		support := awaitReady(ctx, i.workspace("support"))
		loop := func(c client.Client, opts ...client.UpdateOption) func(Gomega) error {
			return func(g Gomega) error {
				get(ctx, support)(g)
				queueTo("desk@in." + i.org + ".example")(support)
				return c.Update(ctx, support, opts...)
			}
		}
		Eventually(loop(env.Client, client.DryRunAll)).Should(And(BeRefused(422, `is the intake address of workspace "desk", whose queue leads back here`),
			HaveCause("spec.portal.queueEmail", "mail would loop")))
		Eventually(loop(pastWebhooks())).Should(Succeed())
		for _, w := range []*v1alpha1.Workspace{support, desk} {
			Eventually(get(ctx, w)).Should(HaveCondition(v1alpha1.ConditionStalled, metav1.ConditionTrue, v1alpha1.ReasonIntakeLoop))
		}
		Expect(i.knows()).To(MatchError(ContainSubstring("451: routing loop: the queue of " + i.address + " leads back to an intake")))

		edit(ctx, desk, queueTo(i.queue))
		awaitReady(ctx, desk)
		awaitReady(ctx, support)
		Eventually(i.knows).Should(Succeed())
	})
})
