// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/testing/builders"
	"github.com/usher-operator/usher/internal/testing/testenv"
)

// What docs/performance.md argues as the least, object by object. A count of people that is written more than once is not the least, but
// is bounded by time: see mapper.Counts.
var _ = Describe("Usher writes", func() {
	It("OPS-9 no more than it must for a person, an access and a first start, by the audit log", func(ctx context.Context) {
		org := organization(ctx)
		spaces := make([]client.Object, 0, 3)
		for n := range 3 {
			spaces = append(spaces, builders.Workspace(org, fmt.Sprintf("work-%d", n)).DeletedWithNamespace().Obj())
		}
		create(ctx, spaces...)
		for _, w := range spaces {
			awaitReady(ctx, w.(*v1alpha1.Workspace)) //nolint:forcetypeassert // made above
		}

		By("a declared user")
		Expect(written(ctx, org, func() {
			create(ctx, builders.OrgUser(org, "kim").Existing().Obj())
			awaitReady(ctx, builders.OrgUser(org, "kim").Obj())
		})).To(Equal(map[string]int{"patch orgusers/status": 2, "patch rolebindings": 1}))

		By("a user in three workspaces")
		Expect(written(ctx, org, func() {
			u := builders.OrgUser(org, "nora").Existing()
			for n := range 3 {
				u = u.Workspace(fmt.Sprintf("work-%d", n), v1alpha1.WorkspaceEdit)
			}
			create(ctx, u.Obj())
			awaitReady(ctx, u.Obj())
		})).To(Equal(map[string]int{"patch orgusers/status": 2, "patch rolebindings": 4}))

		By("an invited person, until they are active")
		email := "luis@" + org + ".example"
		invited := written(ctx, org, func() {
			create(ctx, builders.Invitation(org, "team", email).Obj())
			accept(ctx, email, "Luis")
			Eventually(func() []string { return idsOf(email) }).Should(HaveLen(3), "with the welcome mail")
		})
		// Two for each of three mails, and two of the portal's. Not more, but fewer if a mail is sent before the conditions say that it waits.
		Expect(invited["patch invitations/status"]).To(BeNumerically("<=", 8))
		delete(invited, "patch invitations/status")
		Expect(invited).To(Equal(map[string]int{
			"create orgusers": 1, "patch orgusers/status": 4, "patch rolebindings": 1,
			"create events": 2, // that all are invited, and that one has accepted
		}))

		By("a group that is given a workspace")
		const members = 30
		for n := range members {
			create(ctx, builders.OrgUser(org, fmt.Sprintf("member-%d", n)).Existing().Groups("crew").Obj())
		}
		for n := range members {
			awaitReady(ctx, builders.OrgUser(org, fmt.Sprintf("member-%d", n)).Obj())
		}
		support := builders.Workspace(org, "work-0").Obj()
		group := written(ctx, org, func() {
			patch := client.RawPatch(types.MergePatchType, []byte(`{"spec":{"members":[{"group":"crew","access":"Edit"}]}}`))
			Expect(env.Client.Patch(ctx, support, patch)).To(Succeed())
			Eventually(get(ctx, support)).Should(HaveField("Status.Members", HaveValue(BeNumerically(">", members))))
		})
		Expect(group).To(Equal(map[string]int{"patch orgusers/status": members, "patch rolebindings": members}))

		By("a first start over people whom no operator has seen")
		Expect(usher.Stop()).To(Succeed())
		past := env.As("system:kube-controller-manager", "system:masters")
		other := env.Namespace(ctx, "org")
		Expect(past.Create(ctx, admitted(builders.Organization(other).Obj()))).To(Succeed())
		Expect(past.Create(ctx, admitted(builders.Workspace(other, "support").Group("crew", v1alpha1.WorkspaceView).Obj()))).To(Succeed())
		for n := range members {
			u := builders.OrgUser(other, fmt.Sprintf("member-%d", n)).Existing().Groups("crew").Obj()
			Expect(past.Create(ctx, admitted(u))).To(Succeed())
		}
		start := written(ctx, other, func() {
			startOperator(ctx)
			for n := range members {
				awaitReady(ctx, builders.OrgUser(other, fmt.Sprintf("member-%d", n)).Obj())
			}
		})
		// Two each, and two more for those who are looked at before the Workspace has its namespace.
		Expect(start["patch orgusers/status"]).To(And(BeNumerically(">=", 2*members), BeNumerically("<=", 4*members)))
		delete(start, "patch orgusers/status")
		Expect(start).To(Equal(map[string]int{"patch rolebindings": 2 * members, "create namespaces": 1, "patch configmaps": 1}),
			"and no event, and no finalizer")
	})
})

// admitted returns an object as the webhooks would have it stored.
func admitted(o client.Object) client.Object {
	o.SetFinalizers([]string{v1alpha1.Finalizer})
	return o
}

// The number of people is written when they have come, and every few seconds meanwhile: see mapper.Counts.
var _ = Describe("The numbers of people", func() {
	It("OPS-9, DIR-5 are written a few times while a crowd comes into force, by the audit log", func(ctx context.Context) {
		const groups, members = 4, 25
		org := organization(ctx)
		Expect(usher.Stop()).To(Succeed())
		past := env.As("system:kube-controller-manager", "system:masters")
		for n := range groups {
			var listed []string
			for m := range members {
				u := builders.OrgUser(org, fmt.Sprintf("member-%d-%d", n, m)).Existing().Obj()
				listed = append(listed, string(u.Spec.Email))
				Expect(past.Create(ctx, admitted(u))).To(Succeed())
			}
			name := fmt.Sprintf("group-%d", n)
			Expect(past.Create(ctx, admitted(builders.OrgGroup(org, name).Members(listed...).Obj()))).To(Succeed())
			Expect(past.Create(ctx, admitted(builders.Workspace(org, "for-"+name).Group(name, v1alpha1.WorkspaceView).Obj()))).To(Succeed())
		}
		since := time.Now()
		startOperator(ctx)
		for n := range groups {
			name := fmt.Sprintf("group-%d", n)
			Eventually(get(ctx, builders.OrgGroup(org, name).Obj())).Should(HaveField("Status.Members", HaveValue(BeEquivalentTo(members))))
			Eventually(get(ctx, builders.Workspace(org, "for-"+name).Obj())).
				Should(HaveField("Status.Members", HaveValue(BeEquivalentTo(members+1))), "with the administrator")
		}
		settle(ctx)
		// One every five seconds while they come, and beside them what is written about the object itself.
		most := 5 + int(time.Since(since).Seconds())/5
		for name, count := range statusesOf(ctx, org, since) {
			Expect(count).To(BeNumerically("<=", most), name)
		}
	})
})

// statusesOf returns how often the status of each object of an organization was written that holds the number of people, by its path.
func statusesOf(ctx context.Context, org string, since time.Time) map[string]int {
	GinkgoHelper()
	counts := map[string]int{}
	found, err := env.Writes(ctx, since, func(e testenv.AuditEvent) bool {
		return e.ObjectRef.Subresource == "status" && e.ObjectRef.Namespace == org && e.ResponseStatus.Code < http.StatusBadRequest &&
			slices.Contains([]string{"organizations", "orggroups", "workspaces"}, e.ObjectRef.Resource)
	})
	Expect(err).NotTo(HaveOccurred())
	for _, e := range found {
		AddReportEntry("write", e.RequestReceivedTimestamp.Format("05.000 ")+e.String(), ReportEntryVisibilityFailureOrVerbose)
		counts[e.ObjectRef.Resource+"/"+e.ObjectRef.Name]++
	}
	return counts
}

// written returns what the operator and its portal write about an organization from before a change until nothing is left to do, by verb
// and resource, without the numbers of people. What stores nothing is not counted, since how much of it there is depends on how late the
// cache is: a status that conflicts with Usher's own former one, and a RoleBinding that is applied again before the cache has it.
func written(ctx context.Context, org string, change func()) map[string]int {
	GinkgoHelper()
	settle(ctx)
	since := time.Now()
	change()
	settle(ctx)
	counts := map[string]int{}
	found, err := env.Writes(ctx, since, func(e testenv.AuditEvent) bool {
		return strings.HasPrefix(e.Actor(), "system:serviceaccount:usher-system:") && e.ObjectRef.Resource != "leases" &&
			e.ResponseStatus.Code < http.StatusBadRequest &&
			(e.ObjectRef.Resource != "rolebindings" || e.ResponseStatus.Code == http.StatusCreated) &&
			strings.HasPrefix(strings.TrimSuffix(e.ObjectRef.Namespace+e.ObjectRef.Name, "usher-system"), org)
	})
	Expect(err).NotTo(HaveOccurred())
	for _, e := range found {
		AddReportEntry("write", e.String(), ReportEntryVisibilityFailureOrVerbose)
		counts[strings.TrimSuffix(e.Verb+" "+e.ObjectRef.Resource+"/"+e.ObjectRef.Subresource, "/")]++
	}
	// The numbers of people are written as often as time has passed, and not as often as there are people.
	for _, numbers := range []string{"patch workspaces/status", "patch organizations/status"} {
		Expect(counts[numbers]).To(BeNumerically("<", 15), numbers)
		delete(counts, numbers)
	}
	return counts
}
