// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"fmt"
	"path/filepath"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/testing/builders"
)

// A person's access is what the API server itself reports. The output of kubectl before, during and after each change is kept
// in .dev/artifacts/can-i, with the time that each change took. No result depends on these times.
var _ = Describe("The output of kubectl auth can-i --list", func() {
	const tickets = "tickets-of-the-desk" // the module's ClusterRole

	var (
		org string
		sam *v1alpha1.OrgUser
		w   *v1alpha1.Workspace
		who *accessProbe
	)

	BeforeEach(func(ctx context.Context) {
		clusterRole := &rbacv1.ClusterRole{
			ObjectMeta: metav1.ObjectMeta{Name: tickets, Labels: map[string]string{v1alpha1.LabelGrantable: "true"}},
			Rules: []rbacv1.PolicyRule{{
				APIGroups: []string{"desk.example"}, Resources: []string{"tickets"}, Verbs: []string{"get", "update"},
			}},
		}
		create(ctx, clusterRole)
		DeferCleanup(func(ctx context.Context) { Expect(env.Client.Delete(ctx, clusterRole)).To(Succeed()) })
		org = organization(ctx, func(o *v1alpha1.Organization) {
			o.Spec.Billing.PaymentSecretRef = &v1alpha1.SecretReference{Name: "card"}
			o.Spec.Subscription.Modules = builders.Organization("any").ModuleWithRole("desk", 3, tickets).Obj().Spec.Subscription.Modules
		})
		w = builders.Workspace(org, "support").Obj()
		sam = builders.OrgUser(org, "sam").Existing().Obj()
		create(ctx, w, sam)
		awaitReady(ctx, w)
		awaitReady(ctx, sam)
		who = &accessProbe{
			username: string(sam.Spec.Email), organization: org, space: w.Status.Namespace,
			folder: filepath.Join(root(), ".dev", "artifacts", "can-i"),
		}
		who.prepareFolder()
	})

	member := func(space ...string) access { return access{organization: []string{"usher-member"}, space: space} }
	patch := func(ctx context.Context, o client.Object, changes string) {
		GinkgoHelper()
		Expect(env.Client.Patch(ctx, o, client.RawPatch("application/merge-patch+json", []byte(changes)))).To(Succeed())
	}
	user := func(spec string) func(context.Context) {
		return func(ctx context.Context) { patch(ctx, sam, `{"spec":`+spec+`}`) }
	}
	members := func(list string) func(context.Context) {
		return func(ctx context.Context) { patch(ctx, w, `{"spec":{"members":`+list+`}}`) }
	}
	both := func(changes ...func(context.Context)) func(context.Context) {
		return func(ctx context.Context) {
			for _, change := range changes {
				change(ctx)
			}
		}
	}
	grantable := func(value string) func(context.Context) {
		return func(ctx context.Context) {
			patch(ctx, &rbacv1.ClusterRole{ObjectMeta: metav1.ObjectMeta{Name: tickets}},
				fmt.Sprintf(`{"metadata":{"labels":{%q:%s}}}`, v1alpha1.LabelGrantable, value))
		}
	}

	It("ORG-2 ORG-14 ORG-23 ORG-26 LMI-9 NOV-7 NOV-13 GTA-10 GTA-11 is exactly the access in force after every change",
		func(ctx context.Context) {
			who.awaitAccess(ctx, "before", member())
			who.applyAndRevert(ctx, change{
				name: "user-list", title: "the user's own list: a workspace with View access",
				apply: user(`{"workspaces":[{"name":"support","access":"View"}]}`), inForce: member("view"),
				revert: user(`{"workspaces":null}`), after: member(),
			})
			who.applyAndRevert(ctx, change{
				name: "workspace-member", title: "the workspace's member list: the address with Edit access",
				apply: members(`[{"email":"` + who.username + `","access":"Edit"}]`), inForce: member("edit"),
				revert: members(`null`), after: member(),
			})
			who.applyAndRevert(ctx, change{
				name: "group", title: "a group of the workspace, which the user joins and leaves",
				apply: both(members(`[{"group":"helpdesk","access":"Edit"}]`), user(`{"groups":["helpdesk"]}`)), inForce: member("edit"),
				revert: user(`{"groups":null}`), after: member(),
			})
			who.applyAndRevert(ctx, change{
				name: "strongest", title: "the strongest of View by the user's list, Edit by the workspace and Admin by a group",
				apply: both(user(`{"groups":["leads"],"workspaces":[{"name":"support","access":"View"}]}`),
					members(`[{"email":"`+who.username+`","access":"Edit"},{"group":"leads","access":"Admin"}]`)), inForce: member("admin"),
				revert: both(members(`null`), user(`{"groups":null}`)), after: member("view"),
			})
			who.applyAndRevert(ctx, change{
				name: "role", title: "the role: Member, OrganizationAdmin, Member",
				apply:   user(`{"role":"OrganizationAdmin"}`),
				inForce: access{organization: []string{"usher-organization-admin", "Role/usher-payment"}, space: []string{"admin"}},
				revert:  user(`{"role":"Member"}`), after: member("view"),
			})
			who.applyAndRevert(ctx, change{
				name: "notifications-only", title: "the role: Member, NotificationsOnly, Member",
				apply: user(`{"role":"NotificationsOnly"}`), inForce: access{},
				revert: user(`{"role":"Member"}`), after: member("view"),
			})
			who.applyAndRevert(ctx, change{
				name: "module", title: "a module, whose ClusterRole applies in each workspace",
				apply: user(`{"modules":["desk"]}`), inForce: member("view", tickets),
				revert: user(`{"modules":null}`), after: member("view"),
			})
			user(`{"modules":["desk"]}`)(ctx)
			who.awaitAccess(ctx, "module", member("view", tickets))
			who.applyAndRevert(ctx, change{
				name: "module-not-grantable", title: "the label that makes the module's ClusterRole grantable, removed and restored",
				apply: grantable("null"), inForce: member("view"),
				revert: grantable(`"true"`), after: member("view", tickets),
			})
			who.applyAndRevert(ctx, change{
				name: "suspended", title: "suspended, and resumed",
				apply: user(`{"suspend":true}`), inForce: access{},
				revert: user(`{"suspend":false}`), after: member("view", tickets),
			})
			who.applyAndRevert(ctx, change{
				name: "removed", title: "deleted, and created again",
				apply: func(ctx context.Context) { Expect(env.Client.Delete(ctx, sam.DeepCopy())).To(Succeed()) }, inForce: access{},
				revert: func(ctx context.Context) {
					Eventually(gone(ctx, sam.DeepCopy())).Should(Succeed())
					create(ctx, builders.OrgUser(org, "sam").Existing().Workspace("support", v1alpha1.WorkspaceView).Obj())
				}, after: member("view"),
			})
			who.reportTimes()
		})
})
