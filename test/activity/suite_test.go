// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Package activity tests when a person's last activity is updated and what that costs, on a real control plane whose API
// server sends its audit events to the operator. The specs set the operator's clock.
package activity

import (
	"context"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	endpoint "github.com/usher-operator/usher/internal/activity"
	"github.com/usher-operator/usher/internal/setup"
	"github.com/usher-operator/usher/internal/testing/builders"
	. "github.com/usher-operator/usher/internal/testing/matchers"
	"github.com/usher-operator/usher/internal/testing/suite"
	"github.com/usher-operator/usher/internal/testing/testenv"
)

const (
	interval = 15 * time.Minute
	// token is the API server's token.
	token        = "the-token-that-the-api-server-has"
	operatorUser = "system:serviceaccount:usher-system:usher-controller-manager"
)

var (
	env *testenv.Env
	// tokens is the operator's token file.
	tokens string
	// ahead is how far the operator's clock is ahead of the system's.
	ahead atomic.Int64
)

func TestActivity(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "Last activity")
}

var _ = BeforeSuite(func(ctx context.Context) {
	s := suite.Start(GinkgoTB(), GinkgoWriter, func(o *testenv.Options) {
		o.AuditWebhook = &testenv.AuditWebhook{Path: endpoint.AuditPath, Token: token}
	})
	env = s.Env
	tokens = filepath.Join(GinkgoT().TempDir(), "tokens")
	Expect(os.WriteFile(tokens, []byte(token), 0o600)).To(Succeed())
	s.StartOperator(ctx, func(o *setup.Options) {
		o.Now, o.ActivityInterval, o.AuditTokenFile = clock, interval, tokens
	})
})

// clock is the operator's clock.
func clock() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }

// at sets how far the operator's clock is ahead of the system's, until the next call or the end of the spec.
func at(d time.Duration) {
	ahead.Store(int64(d))
	DeferCleanup(func() { ahead.Store(0) })
}

// organization creates an organization with these administrators, whose last activity is the time of the operator's clock.
func organization(ctx context.Context, names ...string) string {
	GinkgoHelper()
	org := env.Namespace(ctx, "org")
	Expect(env.Client.Create(ctx, builders.Organization(org).Obj())).To(Succeed())
	for _, name := range names {
		u := builders.OrgUser(org, name).Role(v1alpha1.RoleOrganizationAdmin).Existing().Obj()
		Expect(env.Client.Create(ctx, u)).To(Succeed())
		Eventually(read(ctx, u)).Should(And(BeReady(), HaveField("Status.Role", v1alpha1.RoleOrganizationAdmin)))
		Eventually(func() error {
			return env.As(address(org, name)).List(ctx, &v1alpha1.WorkspaceList{}, client.InNamespace(org))
		}).Should(Succeed(), "the access is in force")
	}
	return org
}

// workspace creates a workspace with its namespace, which holds a ConfigMap "hello".
func workspace(ctx context.Context, org, name string) *v1alpha1.Workspace {
	GinkgoHelper()
	w := builders.Workspace(org, name).Obj()
	Expect(env.Client.Create(ctx, w)).To(Succeed())
	Eventually(read(ctx, w)).Should(BeReady())
	greeting := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: w.Status.Namespace, Name: "hello"}}
	Expect(env.Client.Create(ctx, greeting)).To(Succeed())
	return w
}

func address(org, name string) string { return name + "@" + org + ".example" }

// read returns a function that reads the object again at each call.
func read[T client.Object](ctx context.Context, o T) func(Gomega) T {
	return func(g Gomega) T {
		g.Expect(env.Client.Get(ctx, client.ObjectKeyFromObject(o), o)).To(Succeed())
		return o
	}
}

// lastActive returns a function that reads when a person was last active.
func lastActive(ctx context.Context, org, name string) func(Gomega) time.Time {
	return func(g Gomega) time.Time {
		u := read(ctx, &v1alpha1.OrgUser{ObjectMeta: metav1.ObjectMeta{Namespace: org, Name: name}})(g)
		last, err := time.Parse(time.RFC3339, u.Status.LastActive)
		g.Expect(err).NotTo(HaveOccurred())
		return last
	}
}

// settle waits until the operator has written nothing in an organization for a while.
func settle(ctx context.Context, org string) {
	GinkgoHelper()
	Eventually(func() []testenv.AuditEvent { return writes(ctx, time.Now().Add(-2*time.Second), org) }).Should(BeEmpty())
}

// writes returns what the operator has written in an organization since a time.
func writes(ctx context.Context, since time.Time, org string) []testenv.AuditEvent {
	GinkgoHelper()
	found, err := env.Writes(ctx, since, func(e testenv.AuditEvent) bool {
		return e.Actor() == operatorUser && e.ObjectRef.Namespace == org
	})
	Expect(err).NotTo(HaveOccurred())
	return found
}

// hello reads, as a person, the ConfigMap in a workspace's namespace.
func hello(ctx context.Context, username, namespace string) error {
	return env.As(username).Get(ctx, client.ObjectKey{Namespace: namespace, Name: "hello"}, &corev1.ConfigMap{})
}
