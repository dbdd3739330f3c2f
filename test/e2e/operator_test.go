// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	authorizationv1 "k8s.io/api/authorization/v1"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/testing/builders"
	"github.com/usher-operator/usher/internal/testing/testenv"
)

const operatorUser = "system:serviceaccount:usher-system:usher-controller-manager"

var _ = Describe("The operator", func() {
	It("writes nothing when it restarts and reconciles everything", func(ctx context.Context) {
		org := organization(ctx)
		i := builders.Invitation(org, "team", "luis@"+org+".example, sam@"+org+".example").
			Workspace("support", v1alpha1.WorkspaceEdit).Obj()
		w := builders.Workspace(org, "support").Obj()
		create(ctx, w, i)
		accept(ctx, "luis@"+org+".example", "Luis")
		awaitReady(ctx, i)
		awaitReady(ctx, w)
		Eventually(func() []string { return idsOf("luis@" + org + ".example") }).Should(HaveLen(3))
		settle(ctx)

		Expect(usher.Stop()).To(Succeed())
		since := time.Now()
		startOperator(ctx)
		// An object that is created after the restart is reconciled after those that were listed at the start.
		marker := builders.OrgUser(org, "zz-marker").Existing().Obj()
		before := writes(ctx, since)
		create(ctx, marker)
		awaitReady(ctx, marker)
		about := writes(ctx, since)
		for _, e := range append(before, about...) {
			Expect(strings.Contains(e.RequestURI, "zz-marker") || isHousekeeping(e) || isCount(e)).To(BeTrue(), "%s", e)
		}
	})

	It("has only the rights that it needs", func(ctx context.Context) {
		may := func(verb, group, resource, subresource, namespace, name string) bool {
			review := &authorizationv1.SubjectAccessReview{Spec: authorizationv1.SubjectAccessReviewSpec{
				User: operatorUser, Groups: []string{"system:serviceaccounts", "system:authenticated"},
				ResourceAttributes: &authorizationv1.ResourceAttributes{
					Verb: verb, Group: group, Resource: resource, Subresource: subresource, Namespace: namespace, Name: name,
				},
			}}
			Expect(env.Client.Create(ctx, review)).To(Succeed())
			return review.Status.Allowed
		}
		Expect(may("get", "", "secrets", "", "usher-system", "")).To(BeTrue())
		for _, refused := range [][]string{
			{"get", "", "secrets", "", "default", ""},
			{"list", "", "secrets", "", "", ""},
			{"*", "*", "*", "", "", ""},
			{"get", "", "pods", "", "default", ""},
			{"impersonate", "", "users", "", "", "ana"},
			{"escalate", "rbac.authorization.k8s.io", "clusterroles", "", "", ""},
			{"bind", "rbac.authorization.k8s.io", "clusterroles", "", "", "cluster-admin"},
			{"escalate", "rbac.authorization.k8s.io", "roles", "", "default", "other"},
			{"bind", "rbac.authorization.k8s.io", "roles", "", "default", "other"},
			{"list", "rbac.authorization.k8s.io", "roles", "", "", ""},
			{"create", "rbac.authorization.k8s.io", "clusterrolebindings", "", "", ""},
			{"update", v1alpha1.GroupVersion.Group, "organizations", "", "default", ""},
			{"create", v1alpha1.GroupVersion.Group, "invitations", "", "default", ""},
			{"update", "admissionregistration.k8s.io", "validatingwebhookconfigurations", "", "", "others"},
			{"patch", "admissionregistration.k8s.io", "validatingwebhookconfigurations", "", "", "usher-validating-webhook-configuration"},
			{"patch", "", "secrets", "", "usher-system", ""},
			{"list", "coordination.k8s.io", "leases", "", "usher-system", ""},
			{"update", "coordination.k8s.io", "leases", "", "usher-system", "other"},
			{"update", "admissionregistration.k8s.io", "validatingadmissionpolicies", "", "", "usher-operator-bindings"},
			{"delete", "admissionregistration.k8s.io", "validatingadmissionpolicybindings", "", "", "usher-operator-bindings"},
			{"create", "", "serviceaccounts", "token", "default", "default"},
			{"update", "rbac.authorization.k8s.io", "clusterroles", "", "", "usher-grantable"},
		} {
			Expect(may(refused[0], refused[1], refused[2], refused[3], refused[4], refused[5])).To(BeFalse(), "%v", refused)
		}
	})
})

// writes returns the operator's writes since a time, except those of its lease.
func writes(ctx context.Context, since time.Time) []testenv.AuditEvent {
	GinkgoHelper()
	events, err := env.Writes(ctx, since, func(e testenv.AuditEvent) bool {
		return e.Actor() == operatorUser && e.ObjectRef.Resource != "leases"
	})
	Expect(err).NotTo(HaveOccurred())
	return events
}

// settle waits until the operator has written nothing for twice the delay by which it batches counts.
func settle(ctx context.Context) {
	GinkgoHelper()
	Eventually(func() []testenv.AuditEvent { return writes(ctx, time.Now().Add(-2*time.Second)) }).Should(BeEmpty())
}

// isHousekeeping reports whether a write belongs to every start: an event about the lease.
func isHousekeeping(e testenv.AuditEvent) bool { return e.ObjectRef.Resource == "events" }

// isCount reports whether a write is about the organization's counts, which the marker changes.
func isCount(e testenv.AuditEvent) bool {
	return e.ObjectRef.Resource == "organizations" && e.ObjectRef.Subresource == "status"
}
