// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/utils/ptr"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/testing/builders"
	. "github.com/usher-operator/usher/internal/testing/matchers"
)

var _ = Describe("The seats of a module", func() {
	It("GTA-11 cause a warning when none is free for whoever gets it, and when cutting them takes it from somebody", func(ctx context.Context) {
		org := organization(ctx, func(o *v1alpha1.Organization) {
			o.Spec.Subscription.Modules = []v1alpha1.Module{{Name: "desk", Seats: ptr.To[int32](1)}}
		})
		luis, eva := builders.OrgUser(org, "luis").Modules("desk").Existing().Obj(), builders.OrgUser(org, "eva").Existing().Obj()
		create(ctx, luis)
		awaitReady(ctx, luis)
		create(ctx, eva)
		awaitReady(ctx, eva)
		patch := func(kind, name, spec string) string {
			return kubectl(ctx, "", "patch", kind, name, "-n", org, "--type=merge", "-p", `{"spec":`+spec+`}`)
		}

		By("giving the module to one person more than there are seats")
		const waits = `Warning: spec.modules: the only seat of the module "desk" is taken: `
		Expect(patch("ou", "eva", `{"modules":["desk"]}`)).To(ContainSubstring(waits + "the person waits for one that is freed or added to the " +
			"subscription"))
		Eventually(get(ctx, eva)).Should(HaveCondition("Ready", "False", v1alpha1.ReasonAwaitingSeat))
		team := builders.Invitation(org, "team", "kim@"+org+".example").Modules("desk").Obj()
		team.SetGroupVersionKind(v1alpha1.GroupVersion.WithKind("Invitation"))
		Expect(dryRun(ctx, team)).To(ContainSubstring(waits + "whoever is invited waits"))

		By("cutting the seats, and removing the module")
		Expect(patch("org", org, `{"subscription":{"modules":[{"name":"desk","seats":0}]}}`)).To(ContainSubstring("Warning: " +
			`spec.subscription.modules: with 0 seats of the module "desk" in place of 1, these users lose it: luis`))
		Eventually(get(ctx, luis)).Should(HaveCondition("Ready", "False", v1alpha1.ReasonAwaitingSeat))
		patch("org", org, `{"subscription":{"modules":null}}`)
		Eventually(get(ctx, luis)).Should(HaveCondition("Ready", "False", v1alpha1.ReasonModulesMissing))
		Expect(luis.Status.Conditions).To(ContainElement(HaveField("Message",
			HavePrefix("the subscription does not have these modules, or no longer has them: desk. "))))
	})
})
