// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/testing/builders"
	"github.com/usher-operator/usher/internal/testing/testenv"
)

// What docs/performance.md argues as the least of a deletion.
var _ = Describe("Usher writes", func() {
	It("OPS-9 no more than it must for an organization that is deleted, by the audit log", func(ctx context.Context) {
		const spaces, members = 3, 100
		org := organization(ctx)
		for n := range spaces {
			create(ctx, builders.Workspace(org, fmt.Sprintf("work-%d", n)).Group("crew", v1alpha1.WorkspaceView).DeletedWithNamespace().Obj())
		}
		for n := range members {
			create(ctx, builders.OrgUser(org, fmt.Sprintf("member-%d", n)).Existing().Groups("crew").Obj())
		}
		for n := range members {
			awaitReady(ctx, builders.OrgUser(org, fmt.Sprintf("member-%d", n)).Obj())
		}
		settle(ctx)
		since := time.Now()
		o := builders.Organization(org).Obj()
		Expect(env.Client.Delete(ctx, o)).To(Succeed())
		Eventually(func() error { return env.Client.Get(ctx, client.ObjectKeyFromObject(o), o) }).Should(Satisfy(apierrors.IsNotFound))
		settle(ctx)
		const people = members + 1 // with ana, who administers each Workspace
		counts := deletionWrites(ctx, org, since)
		Expect(counts["patch workspaces/status"]).To(BeNumerically("<=", spaces), "that they wait, unless all people are gone by then")
		delete(counts, "patch workspaces/status")
		Expect(counts).To(Equal(map[string]int{
			"delete rolebindings": people + people*spaces,
			"delete orgusers":     people, "patch orgusers": people, // the finalizer, and no status of who is gone next
			"delete workspaces": spaces, "patch workspaces": spaces, "delete namespaces": spaces,
			"patch organizations": 1,
		}))
	})
})

// deletionWrites returns the requests with which the operator has deleted an organization since a time, by verb and resource, also those for
// what is gone already. How often others store nothing depends on how late the cache is: a status that conflicts is not counted, and a
// deletion that is repeated while the cache does not show the first counts once.
func deletionWrites(ctx context.Context, org string, since time.Time) map[string]int {
	GinkgoHelper()
	found, err := env.Writes(ctx, since, func(e testenv.AuditEvent) bool {
		return strings.HasPrefix(e.Actor(), "system:serviceaccount:usher-system:") &&
			strings.HasPrefix(e.ObjectRef.Namespace+e.ObjectRef.Name, org) && e.ResponseStatus.Code != http.StatusConflict
	})
	Expect(err).NotTo(HaveOccurred())
	counts, deleted := map[string]int{}, map[string]bool{}
	for _, e := range found {
		AddReportEntry("write", e.String(), ReportEntryVisibilityFailureOrVerbose)
		what := strings.TrimSuffix(e.Verb+" "+e.ObjectRef.Resource+"/"+e.ObjectRef.Subresource, "/")
		if key := what + " " + e.ObjectRef.Namespace + "/" + e.ObjectRef.Name; e.Verb == "delete" {
			if deleted[key] {
				continue
			}
			deleted[key] = true
		}
		counts[what]++
	}
	return counts
}
