// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"net/http"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/testing/builders"
	. "github.com/usher-operator/usher/internal/testing/matchers"
)

var _ = Describe("What an Organization says about its directory", func() {
	const voice = v1alpha1.ObjectName("voice")
	inForce := func(role v1alpha1.Role, modules ...v1alpha1.ObjectName) OmegaMatcher {
		return And(BeReady(), HaveField("Status.Role", role), HaveField("Status.Modules", modules))
	}

	It("DIR-4 gives its people a role and modules by group, for as long as they are in the group", func(ctx context.Context) {
		org := organization(ctx, func(o *v1alpha1.Organization) {
			o.Spec.Subscription.Modules = []v1alpha1.Module{{Name: voice, Seats: ptr.To[int32](1)}}
		})
		kept := builders.OrgUser(org, "sam").Existing().Obj()
		kept.Labels = map[string]string{v1alpha1.LabelOrigin: v1alpha1.OriginDirectory}
		declared := builders.OrgUser(org, "tom").Existing().Obj()
		leads := builders.OrgGroup(org, "leads").Members("sam@"+org+".example", "tom@"+org+".example").Obj()
		create(ctx, kept, declared, leads)
		Eventually(get(ctx, kept)).Should(inForce(v1alpha1.RoleMember))
		sam := env.As("sam@" + org + ".example")
		pat := func() *v1alpha1.OrgUser { return builders.OrgUser(org, "pat").Existing().Obj() }
		Expect(sam.Create(ctx, pat(), client.DryRunAll)).NotTo(Succeed())

		o := &v1alpha1.Organization{ObjectMeta: metav1.ObjectMeta{Namespace: org, Name: org}}
		edit(ctx, o, func(o *v1alpha1.Organization) {
			o.Spec.Directory.Roles = []v1alpha1.GroupRole{{Group: "leads", Role: v1alpha1.RoleUserAdmin}}
			o.Spec.Directory.Modules = []v1alpha1.GroupModules{{Group: "leads", Modules: []v1alpha1.ObjectName{voice}}}
		})
		Eventually(get(ctx, kept)).Should(And(inForce(v1alpha1.RoleUserAdmin, voice), HaveField("Status.ByGroup.Group", "leads"),
			HaveField("Spec.Role", v1alpha1.RoleMember)))
		Eventually(func() error { return sam.Create(ctx, pat(), client.DryRunAll) }).Should(Succeed())
		Expect(sam.Create(ctx, builders.OrgUser(org, "pat").Role(v1alpha1.RoleTechnician).Obj(), client.DryRunAll)).
			To(BeRefused(http.StatusForbidden, `only an OrganizationAdmin may set role "Technician"`))
		Eventually(get(ctx, declared)).Should(inForce(v1alpha1.RoleMember))
		Eventually(get(ctx, o)).Should(HaveField("Status.Directory.People", HaveValue(BeEquivalentTo(1))))

		edit(ctx, leads, func(g *v1alpha1.OrgGroup) { g.Spec.Members = nil })
		Eventually(get(ctx, kept)).Should(inForce(v1alpha1.RoleMember))
		Eventually(get(ctx, o)).Should(HaveField("Status.Modules", ConsistOf(HaveField("Holders", BeEmpty()))))
		Eventually(func() error { return sam.Create(ctx, pat(), client.DryRunAll) }).ShouldNot(Succeed())
	})
})
