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

// A person's access is what the API server itself says about it. What kubectl prints before, in and after each change is
// kept in .dev/artifacts/can-i, with the time that each change took; no time decides anything.
var _ = Describe("What kubectl auth can-i --list says", func() {
	const tickets = "tickets-of-the-desk" // the module's ClusterRole

	var (
		org string
		sam *v1alpha1.OrgUser
		w   *v1alpha1.Workspace
		who *watched
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
		who = &watched{
			username: string(sam.Spec.Email), organization: org, space: w.Status.Namespace,
			folder: filepath.Join(root(), ".dev", "artifacts", "can-i"),
		}
		who.begin()
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

	It("ORG-2 ORG-14 ORG-23 ORG-26 LMI-9 NOV-7 NOV-13 GTA-10 GTA-11 is the access in force, after every change, and nothing else",
		func(ctx context.Context) {
			who.sees(ctx, "before", member())
			who.through(ctx, change{
				name: "user-list", title: "the user's own list: a workspace with the access View",
				give: user(`{"workspaces":[{"name":"support","access":"View"}]}`), in: member("view"),
				take: user(`{"workspaces":null}`), after: member(),
			})
			who.through(ctx, change{
				name: "workspace-member", title: "the workspace's members: the address, with the access Edit",
				give: members(`[{"email":"` + who.username + `","access":"Edit"}]`), in: member("edit"),
				take: members(`null`), after: member(),
			})
			who.through(ctx, change{
				name: "group", title: "a group of the workspace: the user comes into it and leaves it",
				give: both(members(`[{"group":"helpdesk","access":"Edit"}]`), user(`{"groups":["helpdesk"]}`)), in: member("edit"),
				take: user(`{"groups":null}`), after: member(),
			})
			who.through(ctx, change{
				name: "strongest", title: "View by the user's list, Edit by the workspace, Admin by a group: the strongest",
				give: both(user(`{"groups":["leads"],"workspaces":[{"name":"support","access":"View"}]}`),
					members(`[{"email":"`+who.username+`","access":"Edit"},{"group":"leads","access":"Admin"}]`)), in: member("admin"),
				take: both(members(`null`), user(`{"groups":null}`)), after: member("view"),
			})
			who.through(ctx, change{
				name: "role", title: "the role: Member, OrganizationAdmin, Member",
				give: user(`{"role":"OrganizationAdmin"}`),
				in:   access{organization: []string{"usher-organization-admin", "Role/usher-payment"}, space: []string{"admin"}},
				take: user(`{"role":"Member"}`), after: member("view"),
			})
			who.through(ctx, change{
				name: "notifications-only", title: "the role: Member, NotificationsOnly, Member",
				give: user(`{"role":"NotificationsOnly"}`), in: access{},
				take: user(`{"role":"Member"}`), after: member("view"),
			})
			who.through(ctx, change{
				name: "module", title: "a module, whose ClusterRole comes with each workspace",
				give: user(`{"modules":["desk"]}`), in: member("view", tickets),
				take: user(`{"modules":null}`), after: member("view"),
			})
			user(`{"modules":["desk"]}`)(ctx)
			who.sees(ctx, "module", member("view", tickets))
			who.through(ctx, change{
				name: "module-not-grantable", title: "the label that makes the module's ClusterRole grantable, taken away and put back",
				give: grantable("null"), in: member("view"),
				take: grantable(`"true"`), after: member("view", tickets),
			})
			who.through(ctx, change{
				name: "suspended", title: "suspended, and resumed",
				give: user(`{"suspend":true}`), in: access{},
				take: user(`{"suspend":false}`), after: member("view", tickets),
			})
			who.through(ctx, change{
				name: "removed", title: "removed, and declared again",
				give: func(ctx context.Context) { Expect(env.Client.Delete(ctx, sam.DeepCopy())).To(Succeed()) }, in: access{},
				take: func(ctx context.Context) {
					Eventually(gone(ctx, sam.DeepCopy())).Should(Succeed())
					create(ctx, builders.OrgUser(org, "sam").Existing().Workspace("support", v1alpha1.WorkspaceView).Obj())
				}, after: member("view"),
			})
			who.tell()
		})
})
