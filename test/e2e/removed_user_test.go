// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	eventsv1 "k8s.io/api/events/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/testing/builders"
	. "github.com/usher-operator/usher/internal/testing/matchers"
)

// notesOf returns a function that lists the texts of the events with a reason in a namespace.
func notesOf(ctx context.Context, namespace, reason string) func(Gomega) []string {
	return func(g Gomega) []string {
		var list eventsv1.EventList
		g.Expect(env.Client.List(ctx, &list, client.InNamespace(namespace))).To(Succeed())
		var notes []string
		for _, e := range list.Items {
			if e.Reason == reason {
				notes = append(notes, e.Regarding.Kind+": "+e.Note)
			}
		}
		return notes
	}
}

var _ = Describe("A user who is removed", func() {
	It("ORG-26 ORG-27 is named by a warning, an event and the workspace's condition in what is left, RoleBindings included", func(ctx context.Context) {
		org := organization(ctx, english)
		email := "sam@" + org + ".example"
		w := builders.Workspace(org, "support").Member(email, v1alpha1.WorkspaceEdit).Contact("Guardia", email).Obj()
		create(ctx, w, builders.Invitation(org, "team", email).Obj())
		accept(ctx, email, "Sam")
		sam := userOf(ctx, org, email)
		awaitReady(ctx, sam)
		Eventually(get(ctx, w)).Should(And(HaveField("Status.Members", HaveValue(BeEquivalentTo(2))),
			HaveField("Status.Contacts", ConsistOf(HaveField("Assignee", email)))))
		Expect(w.Status.Conditions).NotTo(ContainElement(HaveField("Type", v1alpha1.ConditionAccountsExist)))
		kubectl(ctx, "", "create", "rolebinding", "hand", "-n", org+"-support", "--clusterrole=view", "--user="+email)

		warnings := kubectl(ctx, "", "delete", "ou", "-n", org, sam.Name)
		Expect(warnings).To(And(
			ContainSubstring("Warning: spec.members of workspaces still names "+email+": support. "),
			ContainSubstring("Warning: spec.emails of Invitations still names "+email+": team. Sending one again invites the person again; "),
			ContainSubstring(`Warning: RoleBindings that Usher did not create stay in the namespaces of these workspaces: support. If one names the `+
				`user "`+email+`", the condition AccountsExist of the Workspace will say so`),
			ContainSubstring("Warning: contacts are assigned to "+email+": Guardia in workspace support. ")))
		Eventually(gone(ctx, sam)).Should(Succeed())

		Eventually(notesOf(ctx, org, "StillNamed")).Should(ConsistOf(`Organization: OrgUser "` + sam.Name + `" was removed, and these still name ` +
			email + ": spec.members of the workspaces support; spec.emails of the Invitations team; contacts, which are unassigned now: Guardia in " +
			"workspace support. Remove the address there unless the person returns: the next user with it gets what they give"))
		Eventually(get(ctx, w)).Should(HaveField("Status.StaleBindings", ConsistOf(v1alpha1.StaleBinding{Name: "hand", Username: email})))
		Expect(w.Status.Conditions).To(ContainElement(And(HaveField("Type", v1alpha1.ConditionAccountsExist), HaveField("Message", And(
			ContainSubstring("spec.members names addresses that no user has: "+email+". "),
			ContainSubstring(`RoleBindings in namespace "`+org+`-support" that Usher did not create name users who were removed: hand (`+email+`). `))))))
		Expect(w).To(And(BeReady(), KeepKstatus()))
		Eventually(notesOf(ctx, org, v1alpha1.ReasonAccountMissing)).Should(ContainElement(HavePrefix("Workspace: ")))
	})
})
