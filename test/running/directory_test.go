// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package running

import (
	"context"
	"fmt"
	"net/http"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	rbacv1 "k8s.io/api/rbac/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/directory/groups"
	"github.com/usher-operator/usher/internal/directory/people"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/scim"
	"github.com/usher-operator/usher/internal/testing/builders"
	. "github.com/usher-operator/usher/internal/testing/matchers"
	"github.com/usher-operator/usher/internal/testing/testenv"
)

// changed changes a resource of a directory by a PATCH.
func changed(ctx context.Context, rt *scim.ResourceType, id, operations string,
	change func(context.Context, string, string, func(scim.Resource) (scim.Resource, error)) (scim.Resource, error),
) scim.Resource {
	GinkgoHelper()
	p, err := scim.DecodePatch([]byte(`{"Operations": ` + operations + `}`))
	Expect(err).NotTo(HaveOccurred())
	after, err := change(ctx, id, "", func(sent scim.Resource) (scim.Resource, error) { return rt.Patch(sent, p) })
	Expect(err).NotTo(HaveOccurred())
	return after
}

var _ = Describe("A directory's group", func() {
	It("DIR-5 DIR-6 opens workspaces to its members, whatever they and it are called, and although the leader goes", func(ctx context.Context) {
		startOperator(ctx)
		org := organization(ctx)
		staff := people.People{Client: env.Client, Organization: org, Location: "x/Users", Onboarding: v1alpha1.OnboardingNone, Now: time.Now}
		teams := groups.Groups{Client: env.Client, Organization: org, Base: "x", Now: time.Now}
		post := func(rt *scim.ResourceType, create func(context.Context, scim.Resource) (scim.Resource, bool, error), body string) string {
			GinkgoHelper()
			r, err := rt.Decode([]byte(body))
			Expect(err).NotTo(HaveOccurred())
			after, created, err := create(ctx, r)
			Expect(err).NotTo(HaveOccurred())
			Expect(created).To(BeTrue())
			return after["id"].(string) //nolint:forcetypeassert // always there
		}
		Expect(env.Client.Create(ctx, builders.Workspace(org, "help").Group("helpdesk", v1alpha1.WorkspaceEdit).Obj())).To(Succeed())
		eva := post(scim.Users(), staff.Create, `{"externalId":"e1","userName":"eva@`+org+`.example"}`)
		bea := post(scim.Users(), staff.Create, `{"externalId":"b1","userName":"bea@`+org+`.example"}`)
		Expect(post(scim.Groups(), teams.Create, `{"externalId":"g1","displayName":"Helpdesk"}`)).To(Equal("helpdesk"))
		changed(ctx, scim.Groups(), "helpdesk", fmt.Sprintf(`[{"op":"Add","path":"members","value":[{"value":%q},{"value":%q}]}]`, eva, bea), teams.Change)

		user := &v1alpha1.OrgUser{}
		user.Namespace, user.Name = org, eva
		helpdesk := builders.OrgGroup(org, "helpdesk").Obj()
		opened := HaveField("Status.Workspaces", HaveExactElements(HaveField("Name", "help")))
		Eventually(read(ctx, user)).Should(And(BeReady(), opened))
		subjects := func() ([]string, error) {
			var list rbacv1.RoleBindingList
			err := env.Client.List(ctx, &list, client.InNamespace(org+"-help"), client.MatchingLabels{v1alpha1.LabelUser: eva})
			var names []string
			for _, b := range list.Items {
				for _, s := range b.Subjects {
					names = append(names, s.Name)
				}
			}
			return names, err
		}
		Eventually(subjects).Should(ConsistOf("eva@" + org + ".example"))

		By("changing the person's address while nobody leads, and the group's name")
		since := time.Now()
		hold(ctx, "somebody-else")
		Eventually(leads).Should(BeZero())
		changed(ctx, scim.Users(), eva, `[{"op":"Replace","path":"userName","value":"eva.gil@`+org+`.example"}]`, staff.Change)
		after := changed(ctx, scim.Groups(), "helpdesk", `[{"op":"replace","value":{"displayName":"Service Desk"}}]`, teams.Change)
		Expect(after).To(And(HaveKeyWithValue("id", "helpdesk"), HaveKeyWithValue("members", HaveLen(2))))
		hold(ctx, "")
		Eventually(subjects).Should(ConsistOf("eva.gil@" + org + ".example"))
		Eventually(read(ctx, helpdesk)).Should(And(BeReady(), WithTransform(effective.GroupMembers,
			ConsistOf("eva.gil@"+org+".example", "bea@"+org+".example"))))
		Expect(read(ctx, user)(Default)).To(opened)
		Expect(teams.Get(ctx, "helpdesk")).To(HaveKeyWithValue("members", HaveLen(2)))
		Expect(env.Writes(ctx, since, func(a testenv.AuditEvent) bool {
			return a.ObjectRef.Resource == "rolebindings" && a.ObjectRef.Namespace == org+"-help" && a.Verb == "delete"
		})).To(BeEmpty(), "there is no moment without the access")

		By("refusing another group the name for people that a declared one has")
		declared := builders.OrgGroup(org, "sales").With(func(g *v1alpha1.OrgGroup) { g.Spec.DisplayName = "Sales Team" }).Obj()
		Expect(env.Client.Create(ctx, declared)).To(Succeed())
		Eventually(read(ctx, declared)).Should(BeReady())
		_, _, err := teams.Create(ctx, scim.Resource{"displayName": "SALES team"})
		Expect(err).To(And(HaveField("Status", http.StatusConflict), HaveField("Type", scim.UniquenessErr),
			MatchError(ContainSubstring(`is the name of OrgGroup "sales" already`))))

		By("deleting the person")
		Expect(staff.Delete(ctx, eva, "")).To(Succeed())
		Eventually(read(ctx, helpdesk)).Should(WithTransform(effective.GroupMembers, ConsistOf("bea@"+org+".example")))
		Eventually(subjects).Should(BeEmpty())

		By("deleting the group")
		Expect(teams.Delete(ctx, "helpdesk", "")).To(Succeed())
		user.Name = bea
		Eventually(read(ctx, user)).Should(And(BeReady(), HaveField("Status.Workspaces", BeEmpty())))
	})
})
